"""Encrypted payloads on a workflow's page: for those who may see payloads."""

from cryptography.fernet import Fernet
from django.test import Client, override_settings
from django.urls import reverse

from durable_engine.serialization.sealing import key_name, sealed
from tests.console.rows import workflow

KEY, OTHER = (Fernet.generate_key().decode() for _ in range(2))
ENCRYPTED = {
    "SERIALIZER": "durable_engine.serialization.EncryptedSerializer",
    "ENCRYPTION_KEYS": [KEY],
}


def pages() -> list[str]:
    """Write a workflow that failed, encrypted; give the addresses of its payloads."""
    with override_settings(DURABLE_ENGINE=ENCRYPTED):
        workflow(
            "order-1",
            status="ERROR",
            inputs=sealed('{"args":["a secret"],"kwargs":{}}'),
            error=sealed('{"type":"ValueError","message":"a secret"}'),
        )
    kinds = ("inputs", "error")
    return [reverse("durable_console:payload", args=["order-1", k]) for k in kinds]


def test_shown_decrypted_with_the_permission_only(
    auditor: Client, viewer: Client
) -> None:
    for page in pages():
        with override_settings(DURABLE_ENGINE=ENCRYPTED):
            assert "a secret" in auditor.get(page).content.decode()
            assert viewer.get(page).status_code == 403


def test_missing_key_is_named(auditor: Client) -> None:
    for page in pages():
        with override_settings(DURABLE_ENGINE={"ENCRYPTION_KEYS": [OTHER]}):
            shown = auditor.get(page).content.decode()
        assert f"It is encrypted under the key &#x27;{key_name(KEY)}&#x27;" in shown
