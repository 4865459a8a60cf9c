"""What all models share: one metadata, one naming convention, the column types of the house.

Every table says in ``info["wall"]`` who may see its rows: ``TENANT`` tables lead every key with
``tenant_id`` and are read under row-level security; ``PLATFORM`` tables hold what must be known
before a tenant is (who is telegram 555, which tenant has work).
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from sqlalchemy import BigInteger, DateTime, Identity, Integer, LargeBinary, MetaData, Numeric, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column

TENANT: dict[str, Any] = {"wall": "tenant"}
PLATFORM: dict[str, Any] = {"wall": "platform"}
SHARED: dict[str, Any] = {"wall": "shared"}
"""Read by everybody, holds nothing of any tenant."""

MONEY = Numeric(14, 2)
RATIO = Numeric(20, 4)

NOW = text("now()")
ZERO = text("0")

tenant_key = Annotated[int, mapped_column(BigInteger, primary_key=True, autoincrement=False)]
generated_key = Annotated[int, mapped_column(BigInteger, Identity(), primary_key=True)]
key_int = Annotated[int, mapped_column(BigInteger, primary_key=True, autoincrement=False)]
key_day = Annotated[date, mapped_column(primary_key=True)]
key_text = Annotated[str, mapped_column(Text, primary_key=True)]
bigint = Annotated[int, mapped_column(BigInteger)]
count = Annotated[int, mapped_column(Integer, server_default=ZERO)]
money = Annotated[Decimal, mapped_column(MONEY, server_default=ZERO)]
money_or_unknown = Annotated[Decimal | None, mapped_column(MONEY)]
ratio_or_unknown = Annotated[Decimal | None, mapped_column(RATIO)]
instant = Annotated[datetime, mapped_column(DateTime(timezone=True))]
instant_or_none = Annotated[datetime | None, mapped_column(DateTime(timezone=True))]
created = Annotated[datetime, mapped_column(DateTime(timezone=True), server_default=NOW)]
label = Annotated[str, mapped_column(Text, server_default=text("''"))]
digest = Annotated[bytes, mapped_column(LargeBinary)]
document = Annotated[dict[str, Any], mapped_column(JSONB, server_default=text("'{}'::jsonb"))]


class Base(DeclarativeBase):
    """Base of all models; ``Base.metadata`` is what the migrations are compared with."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {str: Text, dict[str, Any]: JSONB, list[str]: JSONB}
