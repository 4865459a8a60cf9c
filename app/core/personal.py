"""What a marketplace tells of a buyer: blanked in its replies before they are hashed and stored.

A seller's books need none of it. Names of fields as the published specifications have them: Ozon's
postings, returns and chats; Wildberries' orders, reviews, chats and finance rows (an entrepreneur's
INN is his own).
"""

import json
import re
from collections.abc import Iterable

PERSONAL_FIELDS = frozenset(
    {
        # whoever bought or receives, as a whole
        *("customer", "customer_data", "addressee", "recipient", "buyer", "buyer_info", "buyerInfo"),
        *("clientInfo", "ClientInfo", "clientsInfo", "legal_info"),
        # names
        *("customer_name", "client_name", "clientName", "userName", "user_name", "fio", "fullName"),
        *("full_name", "firstName", "first_name", "lastName", "last_name", "middleName", "middle_name"),
        *("recipient_first_name", "recipient_last_name", "recipient_middle_name"),
        # ways to reach them
        *("phone", "phones", "phoneNumber", "phone_number", "phone_numbers", "additionalPhones"),
        *("replacementPhone", "replacementAdditionalPhones", "additionalPhoneCodes", "phoneCode"),
        *("buyer_phone", "client_phone", "recipient_phone", "customer_email", "email", "address_tail"),
        *("client_photo",),
        # numbers of theirs
        *("customer_id", "b2bCustomerTin", "buyerTaxRegistrationReasonCode"),
    }
)

_JSON = json.JSONDecoder()


def blank_personal(body: bytes, fields: Iterable[str] = PERSONAL_FIELDS) -> bytes:
    """The same JSON with ``null`` for the value of every personal field; all else byte for byte.

    A page of 23 MB that names none of them is returned as it is.
    """
    named = [name for name in fields if f'"{name}"'.encode() in body]
    if not named:
        return body
    text = body.decode("utf-8", "surrogateescape")
    parts, at = [], 0
    for found in re.finditer(rf'"(?:{"|".join(named)})"\s*:\s*', text):
        if found.start() >= at:  # else it stands inside a value that is gone already
            parts += [text[at : found.end()], "null"]
            at = _end_of_value(text, found.end())
    return "".join([*parts, text[at:]]).encode("utf-8", "surrogateescape")


def _end_of_value(text: str, start: int) -> int:
    """Where a JSON value ends; a reply that is cut short inside it ends there too."""
    try:
        return _JSON.raw_decode(text, start)[1]
    except ValueError:
        return len(text)
