"""The user who may do everything in the demo."""

from pathlib import Path

from django.contrib.auth import get_user_model

from console.project.environment import secret_key

NAME = "operator"
PASSWORD_BYTES = 9


def ensure(password_file: Path) -> str:
    """Create the operator, if there is none, with the password of this file.

    Returns: the password; the file is made on the first call, for its owner only.
    """
    password = secret_key(password_file, PASSWORD_BYTES)
    users = get_user_model().objects
    operator, _made = users.get_or_create(
        username=NAME, defaults={"is_staff": True, "is_superuser": True}
    )
    if not operator.check_password(password):
        operator.set_password(password)
        operator.save()
    return password
