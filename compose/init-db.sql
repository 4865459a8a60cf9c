-- Run once by the postgres image, as the server's administrator, in a new database: Ambar's roles and
-- two logins. One migrates; the other serves people, owns nothing and may become app and platform only.
-- For PostgreSQL 16 and later: there a membership itself says that it gives nothing until SET ROLE.

\set migrator_password `cat "${SECRETS_FOLDER:-/run/secrets}/migrator_password"`
\set server_password `cat "${SECRETS_FOLDER:-/run/secrets}/server_password"`

CREATE ROLE ambar_owner NOLOGIN;
CREATE ROLE ambar_app NOLOGIN;
CREATE ROLE ambar_platform NOLOGIN;
CREATE ROLE ambar_backup NOLOGIN BYPASSRLS;

CREATE ROLE ambar_migrator LOGIN NOINHERIT PASSWORD :'migrator_password';
CREATE ROLE ambar_server LOGIN NOINHERIT PASSWORD :'server_password';
GRANT ambar_owner, ambar_app, ambar_platform, ambar_backup TO ambar_migrator WITH INHERIT FALSE, SET TRUE;
GRANT ambar_app, ambar_platform TO ambar_server WITH INHERIT FALSE, SET TRUE;

-- A restore makes the schema anew, which only the database's owner may.
ALTER DATABASE :"DBNAME" OWNER TO ambar_migrator;
GRANT CREATE ON DATABASE :"DBNAME" TO ambar_owner;
GRANT USAGE, CREATE ON SCHEMA public TO ambar_owner;
GRANT USAGE ON SCHEMA public TO ambar_app, ambar_platform, ambar_backup;
