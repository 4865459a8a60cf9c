"""Isolation is the database's work: what the catalogue says, and that a breach of it is noticed."""

import pytest
from sqlalchemy import create_engine, pool, text

from app.db.install import Urls
from app.db.models import Base
from tests.db.walls import PLATFORM_TABLES, SHARED_TABLES, breaches

MONTH = "(SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'daily_sales'::regclass LIMIT 1)"

SABOTAGE = {
    "a table without FORCE": ("ALTER TABLE card NO FORCE ROW LEVEL SECURITY", "card: row security"),
    "a table without row security": ("ALTER TABLE sku DISABLE ROW LEVEL SECURITY", "sku: row security"),
    "a month without row security": (
        f"DO $$ BEGIN EXECUTE format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', {MONTH}); END $$",
        "daily_sales_2",
    ),
    "a month that may be read by name": (
        f"DO $$ BEGIN EXECUTE format('GRANT SELECT ON %s TO ambar_app', {MONTH}); END $$",
        "SELECT is granted to ambar_app",
    ),
    "a table nobody declared": ("CREATE TABLE stray (tenant_id bigint)", "stray is in no model"),
    "a table of another owner": ("ALTER TABLE card OWNER TO CURRENT_USER", "card belongs to"),
    "no wall": ("DROP POLICY tenant_wall ON warehouse", "warehouse: policies"),
    "a wall with a door": ("ALTER POLICY tenant_wall ON card USING (true)", "card: policies"),
    "a second, wider policy": ("CREATE POLICY wide ON card TO ambar_app USING (true)", "card: policies"),
    "a platform table open to the application": (
        "CREATE POLICY wide ON tenant FOR SELECT TO ambar_app USING (true)",
        "tenant: policies",
    ),
    "business data for the platform": (
        "GRANT SELECT ON settlement_line TO ambar_platform",
        "settlement_line: SELECT is granted to ambar_platform",
    ),
    "a grant to PUBLIC": ("GRANT SELECT ON card TO PUBLIC", "card: SELECT is granted to public"),
    "a grant on a column": ("GRANT UPDATE (name) ON tenant TO ambar_app", "tenant.name: UPDATE"),
    "TRUNCATE, which no policy stops": ("GRANT TRUNCATE ON card TO ambar_app", "card: TRUNCATE"),
    "a sequence of everybody": ("GRANT USAGE ON SEQUENCE card_id_seq TO PUBLIC", "card_id_seq: USAGE"),
    "a unique key over tenants": ("CREATE UNIQUE INDEX stray ON sku_barcode (barcode)", "key stray"),
    "a foreign key over tenants": (
        "CREATE UNIQUE INDEX stray ON card (id); ALTER TABLE card ADD UNIQUE USING INDEX stray; "
        "ALTER TABLE sku_barcode ADD CONSTRAINT far FOREIGN KEY (sku_id) REFERENCES card (id)",
        "key far",
    ),
    "a view with its owner's eyes": ("CREATE VIEW peek AS SELECT * FROM card", "view peek"),
    "a materialized view for the application": (
        "CREATE MATERIALIZED VIEW peek AS SELECT * FROM card; GRANT SELECT ON peek TO ambar_app",
        "peek: SELECT is granted to ambar_app",
    ),
    "the copy of the shelf itself": (
        "GRANT SELECT ON dw.current_stock_mv TO ambar_app",
        "dw.current_stock_mv: SELECT to ambar_app is granted",
    ),
    "a view of it without its wall": (
        "CREATE OR REPLACE VIEW dw.current_stock WITH (security_barrier = true) AS"
        " SELECT m.* FROM dw.current_stock_mv m",
        "view dw.current_stock sees",
    ),
    "a view of it without its barrier": (
        "ALTER VIEW dw.current_stock RESET (security_barrier)",
        "view dw.current_stock sees",
    ),
    "a dimension without FORCE": (
        "ALTER TABLE dw.dim_product NO FORCE ROW LEVEL SECURITY",
        "dw.dim_product: row security",
    ),
    "a dimension that is written": ("GRANT UPDATE ON dw.dim_product TO ambar_app", "dw.dim_product: UPDATE"),
    "a key of a dimension over tenants": (
        "CREATE UNIQUE INDEX stray ON dw.dim_product (product_nk)",
        "dw.dim_product: key stray",
    ),
    "a refresh that everybody may ask for": (
        "GRANT EXECUTE ON FUNCTION dw.refresh_stock() TO ambar_app",
        "function dw.refresh_stock may be called",
    ),
    "a function of everybody": (
        "CREATE FUNCTION peek() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM card'",
        "function peek may be called by PUBLIC",
    ),
    "a definer's function in the caller's path": (
        "ALTER FUNCTION ambar_make_partitions(text, date, date) RESET search_path",
        "looks up names in the caller's search path",
    ),
}


def test_every_table_stands_behind_its_wall(urls: Urls) -> None:
    with create_engine(urls.admin, poolclass=pool.NullPool).connect() as connection:
        assert breaches(connection) == []


@pytest.mark.parametrize(("deed", "noticed"), SABOTAGE.values(), ids=list(SABOTAGE))
def test_a_breach_is_noticed(urls: Urls, deed: str, noticed: str) -> None:
    engine = create_engine(urls.admin, poolclass=pool.NullPool)
    with engine.connect() as connection, connection.begin() as transaction:
        connection.execute(text(deed))
        assert [breach for breach in breaches(connection) if noticed in breach]
        transaction.rollback()


def test_the_declared_lists_name_what_the_models_say() -> None:
    walls = {name: table.info.get("wall") for name, table in Base.metadata.tables.items()}
    assert {name for name, wall in walls.items() if wall == "platform"} == set(PLATFORM_TABLES)
    assert {name for name, wall in walls.items() if wall == "shared"} == set(SHARED_TABLES)
    assert set(walls.values()) == {"tenant", "platform", "shared"}


def test_every_tenant_table_leads_its_keys_with_the_tenant_in_the_models_too() -> None:
    for table in Base.metadata.tables.values():
        if table.info["wall"] == "tenant":
            assert next(iter(table.primary_key.columns)).name == "tenant_id", table.name
