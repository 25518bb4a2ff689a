"""What gives another answer at each run of a workflow's body, and what to do instead.

Things are named as `module.qualname`, both by the way they are reached and by the place
of their definition: `requests.get` is also `requests.api.get`.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """One kind of thing that a body must not do by itself."""

    id: str
    reason: str  # completes "datetime.now() …"
    mend: str
    of_instances: bool = True  # also of objects that the body makes itself


CLOCK = Suspicion(
    id="durable.W101",
    reason="shows another time at each replay",
    mend="Use durable.now(), which a replay repeats, or read the clock in a step.",
)
RANDOMNESS = Suspicion(
    id="durable.W102",
    reason="gives another value at each replay",
    mend="Use durable.random() or durable.uuid4(), which a replay repeats, or a step.",
    of_instances=False,  # `random.Random(seed)` repeats itself
)
WAIT = Suspicion(
    id="durable.W103",
    reason="waits anew at each replay, and holds its thread or task meanwhile",
    mend="Use durable.sleep() or durable.sleep_async(), whose end is recorded.",
)
NETWORK = Suspicion(
    id="durable.W104",
    reason="asks another system, again and perhaps differently at each replay",
    mend="Move it into a step, whose answer is recorded.",
)
FILES = Suspicion(
    id="durable.W105",
    reason="works on files, which a replay elsewhere or later may not find the same",
    mend="Move it into a step, whose answer is recorded.",
)
DATABASE = Suspicion(
    id="durable.W106",
    reason="works on the database, where a replay may find other data",
    mend="Move it into a @durable.transaction, or into a step.",
)
THREADS = Suspicion(
    id="durable.W107",
    reason="runs beside the body, in an order that a replay does not repeat",
    mend=(
        "Start child workflows, or move it into a step; coroutines may use "
        "asyncio.gather and asyncio.to_thread on steps."
    ),
)
ENVIRONMENT = Suspicion(
    id="durable.W108",
    reason="depends on the process, and a replay may run in another one",
    mend="Read it in a step, or pass it in as an argument.",
)

SUSPICIONS = (
    CLOCK,
    RANDOMNESS,
    WAIT,
    NETWORK,
    FILES,
    DATABASE,
    THREADS,
    ENVIRONMENT,
)


def _below(module: str, names: str) -> list[str]:
    return [f"{module}.{name}" for name in names.split()]


_VERBS = "get post put patch delete head options request"
_SYSTEM_CALLS = (  # written in C: defined in another module than `os`
    "open listdir scandir stat lstat access remove unlink rename replace mkdir rmdir "
    "link symlink readlink truncate chmod chown utime"
)
_PATHS = (
    "open read_text read_bytes write_text write_bytes exists is_file is_dir iterdir "
    "glob rglob walk stat lstat owner unlink mkdir rmdir touch rename replace "
    "symlink_to hardlink_to chmod resolve cwd home expanduser"
)
_PATH_TESTS = "exists isfile isdir getsize getmtime getatime getctime"

NAMED: dict[Suspicion, Iterable[str]] = {
    CLOCK: [
        *_below("datetime.datetime", "now utcnow today"),
        "datetime.date.today",
        *_below("time", "time time_ns monotonic monotonic_ns perf_counter"),
        *_below("time", "perf_counter_ns process_time process_time_ns thread_time"),
        "django.utils.timezone.now",
    ],
    RANDOMNESS: [
        *_below("uuid", "uuid1 uuid4 uuid6 uuid7"),
        *_below("secrets", "choice randbelow randbits token_bytes token_hex"),
        *_below("secrets", "token_urlsafe SystemRandom"),
        *_below("os", "urandom getrandom"),
        "random.SystemRandom",
        "django.utils.crypto.get_random_string",
    ],
    WAIT: ["time.sleep", "asyncio.tasks.sleep", "asyncio.sleep", "gevent.sleep"],
    NETWORK: [
        *_below("requests", f"{_VERBS} Session session"),
        *_below("requests.sessions.Session", f"{_VERBS} send"),
        *_below("httpx", f"{_VERBS} stream Client AsyncClient"),
        *_below("httpx.Client", f"{_VERBS} send stream"),
        *_below("httpx.AsyncClient", f"{_VERBS} send stream"),
        *_below("urllib.request", "urlopen urlretrieve"),
        *_below("urllib3", "request PoolManager"),
        *_below("http.client", "HTTPConnection HTTPSConnection"),
        *_below("aiohttp", "ClientSession request"),
        *_below("aiohttp.client.ClientSession", f"{_VERBS} ws_connect"),
        *_below("socket", "socket create_connection create_server getaddrinfo"),
        *_below("socket", "gethostbyname gethostbyaddr getfqdn"),
        *_below("smtplib", "SMTP SMTP_SSL"),
        *_below("ftplib", "FTP FTP_TLS"),
        *_below("django.core.mail", "send_mail send_mass_mail mail_admins"),
        "django.core.mail.mail_managers",
        *_below("django.core.mail.message.EmailMessage", "send"),
        *_below("boto3", "client resource Session"),
        *_below("redis", "Redis StrictRedis from_url"),
    ],
    FILES: [
        *_below("builtins", "open input"),
        *_below("io", "open"),
        "_io.open",
        *_below("os", f"{_SYSTEM_CALLS} walk renames makedirs removedirs"),
        *_below("posix", _SYSTEM_CALLS),
        *_below("pathlib.Path", _PATHS),
        *_below("genericpath", _PATH_TESTS),
        *_below("posixpath", f"{_PATH_TESTS} lexists islink realpath"),
        *_below("ntpath", f"{_PATH_TESTS} lexists islink realpath"),
        *_below("shutil", "copy copy2 copyfile copytree move rmtree disk_usage which"),
        *_below("tempfile", "mkstemp mkdtemp TemporaryFile NamedTemporaryFile"),
        *_below("tempfile", "SpooledTemporaryFile TemporaryDirectory gettempdir"),
        *_below("glob", "glob iglob"),
        *_below("django.core.files.storage.Storage", "open save"),
        *_below("django.core.files.storage.DefaultStorage", "open save exists delete"),
    ],
    DATABASE: [
        *_below("django.shortcuts", "get_object_or_404 get_list_or_404"),
        *_below("django.shortcuts", "aget_object_or_404 aget_list_or_404"),
        *_below("django.db.models.base.Model", "save delete refresh_from_db asave"),
        *_below("django.db.models.base.Model", "adelete arefresh_from_db full_clean"),
        "django.db.transaction.atomic",
        *_below("django.db.backends.base.base.BaseDatabaseWrapper", "cursor"),
        *_below("django.db.backends.base.base.BaseDatabaseWrapper", "chunked_cursor"),
        *_below("psycopg", "connect Connection.connect AsyncConnection.connect"),
        "psycopg2.connect",
        *_below("sqlite3", "connect"),
        "_sqlite3.connect",
    ],
    THREADS: [
        *_below("threading", "Thread Timer"),
        "_thread.start_new_thread",
        "concurrent.futures.thread.ThreadPoolExecutor",
        "concurrent.futures.process.ProcessPoolExecutor",
        *_below("multiprocessing", "Process Pool"),
        "multiprocessing.context.Process",
        "multiprocessing.pool.ThreadPool",
        *_below("subprocess", "run Popen call check_call check_output getoutput"),
        *_below("os", "system popen fork forkpty"),
        *_below("posix", "system fork forkpty"),
        *_below("asyncio.subprocess", "create_subprocess_exec create_subprocess_shell"),
    ],
    ENVIRONMENT: [
        *_below("os", "getenv getenvb getpid getppid getcwd getlogin uname cpu_count"),
        *_below("posix", "getpid getppid getcwd getlogin uname cpu_count"),
        "socket.gethostname",
        "_socket.gethostname",
        *_below("platform", "node"),
    ],
}

BY_NAME = {name: kind for kind, names in NAMED.items() for name in names}

NOW_WITHOUT_ARGUMENTS = {
    *_below("time", "localtime gmtime ctime asctime"),
    *_below("django.utils.timezone", "localtime localdate"),
}
"""Read the clock when nothing is given that they would convert."""

CALLS_ITS_FIRST_ARGUMENT = {
    "asyncio.threads.to_thread",
    "asgiref.sync.sync_to_async",
    "asgiref.sync.SyncToAsync",
}
