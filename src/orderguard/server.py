"""The embedded server: one process, one folder, one loop."""

import asyncio
import os
import shutil
import signal
import socket
from collections.abc import (
    Callable,
    Coroutine,
    Iterable,
    Iterator,
    Mapping,
    MutableMapping,
)
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn
import uvloop

from orderguard.api import Disk, Examine, Metrics
from orderguard.app import Installation, calls, channels, feeds
from orderguard.domain.accounts import Role
from orderguard.domain.ports import Action, Clock, EventLog, ShopDirectory
from orderguard.errors import BadInput
from orderguard.flows.connections import Connections, Reach
from orderguard.flows.contacts import Contacts
from orderguard.flows.dispatch import Dispatcher
from orderguard.flows.ingest import Intake
from orderguard.flows.live import Live, LiveSettings
from orderguard.flows.live_library import Published
from orderguard.flows.outbox import Outbox
from orderguard.flows.questions import Questions
from orderguard.flows.repair import RepairLimits
from orderguard.flows.senders import Senders
from orderguard.flows.statements import MailedEvents
from orderguard.flows.writer import IntakeLimits
from orderguard.gateway import BoundedHttp, GatewayLimits, WebhookApp
from orderguard.kit import collector
from orderguard.kit.child import Child
from orderguard.kit.clock import SystemClock
from orderguard.kit.sealing import Keyring
from orderguard.serving import App, Parts, Serving, api_of
from orderguard.settings import Settings

OnReady = Callable[[str, str], None]
"""Told the server's address and a one-time sign-in link once it takes traffic."""

GRACE_S = 5
PREVIEWS = "orderguard.commands.answer_previews"
"""The module that answers previews, in a process of its own."""


def serve(
    folder: Path,
    *,
    host: str | None,
    port: int | None,
    on_ready: OnReady,
    clock: Clock | None = None,
    is_demo: bool = False,
    examine: Examine | None = None,
) -> None:
    """Serve a data folder until SIGTERM or SIGINT; another clock is for a played sale.

    `examine` looks at the whole folder for an admin who asks.
    A demo has a shop page of its own, whose buyers are challenged though the rest only watches.
    """
    installation = Installation(folder)
    settings = installation.settings(os.environ)
    address = (host or settings.server.host, settings.server.port if port is None else port)
    with ExitStack() as stack:
        stack.enter_context(installation.lock())
        listener = stack.enter_context(_listen(*address))
        serving = Serving(settings, clock or SystemClock(), is_demo, examine)
        uvloop.run(_serve(installation, serving, listener, on_ready))


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except (OSError, OverflowError) as error:
        raise BadInput(
            f"Cannot listen on {host}:{port}: {error}.",
            hint="Choose another with --host and --port, or stop who listens there.",
        ) from error


async def _serve(
    installation: Installation, serving: Serving, listener: socket.socket, on_ready: OnReady
) -> None:
    settings, clock = serving.settings, serving.clock
    metrics = Metrics()
    library = Published(installation.library(), settings.library.preset)
    keyring = installation.keyring()
    acts = settings.respond.mode == "live"
    actions = installation.connected(os.environ) if acts else {}
    with ExitStack() as stack:
        control = stack.enter_context(closing(installation.open_control()))
        event_log = stack.enter_context(closing(installation.open_log()))
        store = stack.enter_context(closing(installation.open_state()))
        senders = Senders(control.senders, clock)
        live = Live(
            event_log=event_log,
            store=store,
            clock=clock,
            mailbox=control,
            settings=_live_settings(settings),
            senders=senders,
            observer=metrics,
        )
        metrics.watch(live, clock, senders, partial(_disk, installation))
        intake = Intake(
            channels=channels(),
            shops=control,
            keys=keyring,
            writer=live.writer,
            clock=clock,
            on_refused=senders.refused,
            knows=lambda order: live.order(order) is not None,
        )
        webhooks = _webhooks(intake, settings, live, metrics)
        reach = Reach(
            calls=calls(), feeds=feeds(), shops=control, memory=control.memory, clock=clock
        )
        connections = Connections(
            reach, live, event_log, intake, keyring, senders, _repair_limits(settings)
        )
        actions = connections.with_platforms(actions) if acts else actions
        questions = Questions(settings.respond.public_url, keyring)
        contacts = _contacts(live, event_log, keyring, control)
        dispatcher = _dispatcher(live, contacts, actions, questions)
        mailed = MailedEvents(control.events, intake)
        previews = Child(PREVIEWS, str(installation.folder))
        told = (installation, live, control, keyring, metrics, senders, intake)
        does = (contacts, actions, dispatcher, questions, previews)
        api = api_of(serving, Parts(*told, *does))
        server = _http_server(_routed(webhooks, api))
        _leave_on_signals(server, live)
        await _run(
            server,
            live,
            library,
            beside=(
                *(mailed.run, connections.run, previews.run),
                *([dispatcher.run] if acts else []),
            ),
            announce=partial(_announce, control.accounts.link_add, on_ready, _address(listener)),
            listener=listener,
        )


async def _run(
    server: uvicorn.Server,
    live: Live,
    library: Published,
    *,
    listener: socket.socket,
    beside: Iterable[Callable[[], Coroutine[Any, Any, None]]],
    announce: Callable[[], None],
) -> None:
    """Start, announce, and serve until somebody says to leave; then save.

    What is `beside` runs from when the server is ready until it leaves.
    """
    running = asyncio.create_task(server.serve(sockets=[listener]))
    starting = asyncio.create_task(live.start(library))
    failing = asyncio.create_task(live.failed.wait())
    others: set[asyncio.Task[Any]] = {
        starting,
        failing,
        asyncio.create_task(collector.keep_short()),
    }
    try:
        await asyncio.wait({starting, running}, return_when=asyncio.FIRST_COMPLETED)
        if not running.done():  # Else told to leave while the log was still being folded.
            await starting
            collector.put_aside()
            others |= {asyncio.create_task(run()) for run in beside}
            if not server.should_exit:
                announce()
        await asyncio.wait({running, failing}, return_when=asyncio.FIRST_COMPLETED)
        if live.failure is not None:
            raise live.failure
        await running
    finally:
        server.should_exit = True
        live.dismiss()
        for task in others:
            task.cancel()
        await asyncio.wait({*others, running})
        await live.stop()


def _announce(link_add: Callable[[str, Role], str], on_ready: OnReady, address: str) -> None:
    on_ready(address, f"{address}/sign-in?token={link_add('owner', Role.ADMIN)}")


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _contacts(live: Live, event_log: EventLog, keyring: Keyring, shops: ShopDirectory) -> Contacts:
    return Contacts(
        event_log=event_log, keys=keyring, channels=channels(), shops=shops, timeline=live.timeline
    )


def _dispatcher(
    live: Live, contacts: Contacts, actions: Mapping[str, Action], questions: Questions
) -> Dispatcher:
    outbox = Outbox(live, phone=contacts.phone, links=questions.links, parcels=contacts.parcels)
    dispatcher = Dispatcher(live, outbox, actions, live.clock)
    live.on_unsent = dispatcher.wake
    return dispatcher


def _disk(installation: Installation) -> Disk:
    free = shutil.disk_usage(installation.folder).free
    return Disk(stores=installation.store_bytes(), free=free)


def _webhooks(intake: Intake, settings: Settings, live: Live, metrics: Metrics) -> WebhookApp:
    limits = GatewayLimits(
        body_s_max=settings.intake.body_s_max,
        bodies_parallel_max=settings.intake.bodies_parallel_max,
        retry_after_s=settings.intake.retry_after_s,
    )
    return WebhookApp(
        intake, limits, is_ready=lambda: live.is_ready, observe=metrics.webhook_answered
    )


def _live_settings(settings: Settings) -> LiveSettings:
    return LiveSettings(
        acts=settings.respond.mode == "live",
        checkpoint_s=settings.state.checkpoint_s,
        cached_max=settings.state.cached_max,
        intake=IntakeLimits(
            queue_entries_max=settings.intake.queue_entries_max,
            queue_bytes_max=settings.intake.queue_bytes_max,
            retry_after_s=settings.intake.retry_after_s,
        ),
    )


def _repair_limits(settings: Settings) -> RepairLimits:
    repair = settings.repair
    return RepairLimits(
        every_s=repair.every_s,
        overlap_s=repair.overlap_s,
        settle_s=repair.settle_s,
        first_s=repair.first_s,
    )


def _leave_on_signals(server: uvicorn.Server, live: Live) -> None:
    """Finish what was begun, but do not wait for who only listens."""

    def leave(number: signal.Signals) -> None:
        server.handle_exit(number, None)
        live.dismiss()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, leave, number)


class _HttpServer(uvicorn.Server):
    """Leaves signals alone: uvicorn raises them anew when it ends, before the fold is saved."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _http_server(app: App) -> uvicorn.Server:
    config = uvicorn.Config(
        app,
        http=BoundedHttp,
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE_S,
    )
    return _HttpServer(config)


def _routed(webhooks: WebhookApp, api: App) -> App:
    """Webhooks go their own short way; everything else is the API's."""

    async def app(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"].startswith("/webhooks"):
            await webhooks(scope, receive, send)
        else:
            await api(scope, receive, send)

    return app
