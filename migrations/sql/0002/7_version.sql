-- Which schema is this? /readyz asks as the platform, who may not read alembic's own table.

CREATE FUNCTION ambar_schema_version() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$ SELECT version_num FROM public.alembic_version $$;

REVOKE ALL ON FUNCTION ambar_schema_version() FROM public;
GRANT EXECUTE ON FUNCTION ambar_schema_version() TO ambar_platform;
