"""Payloads and errors: from Python values to text in the database, and back.

The runtime, the client and the console's readers call these; what they guarantee is in
``docs/serialization.md``. Nothing here touches a database, imports a module on behalf
of a row or, with the default serializer, runs code of a row.
"""

from durable_engine.serialization.contract import Serializer
from durable_engine.serialization.encrypted import EncryptedSerializer
from durable_engine.serialization.failures import (
    RecordedError,
    decode_error,
    encode_error,
    read_error,
)
from durable_engine.serialization.payloads import (
    decode,
    decode_inputs,
    encode,
    encode_inputs,
    peek,
    serializer_name,
)
from durable_engine.serialization.sealing import is_sealed, opened, sealed_elsewhere
from durable_engine.serialization.signed_pickle import PickleSerializer
from durable_engine.serialization.tagged_json import JSONSerializer

__all__ = [
    "EncryptedSerializer",
    "JSONSerializer",
    "PickleSerializer",
    "RecordedError",
    "Serializer",
    "decode",
    "decode_error",
    "decode_inputs",
    "encode",
    "encode_error",
    "encode_inputs",
    "is_sealed",
    "opened",
    "peek",
    "read_error",
    "sealed_elsewhere",
    "serializer_name",
]
