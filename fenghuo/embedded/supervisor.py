"""The supervisor: starts the children in order, keeps them running, stops them in order, and says so in the state."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable

from aiokafka.errors import KafkaError

from fenghuo.embedded import remains, state
from fenghuo.embedded.child import Child, ChildSpec
from fenghuo.embedded.errors import EmbeddedError, Exit
from fenghuo.embedded.folder import disk_or_folder_error
from fenghuo.embedded.plan import Plan
from fenghuo.embedded.state import Failure, SystemState
from fenghuo.embedded.topics import create_topics
from fenghuo.platform.kafka import TopicMismatchError

MIGRATIONS = "services.ledger.migrate"
_MIGRATION_SECONDS = 120.0

Listener = Callable[[SystemState], None]


class Supervisor:
    """Runs one plan. `listener` sees every change of the state, after it was written.

    `start` → serve until `failed` is done or somebody calls `stop`. Everything runs on the main thread's event loop:
    the kernel ties the children's lives to the thread that started them.
    """

    def __init__(self, plan: Plan, listener: Listener) -> None:
        self._plan = plan
        self._listener = listener
        self._tasks: list[asyncio.Task[None]] = []
        self._children: dict[str, Child] = {}
        for spec in (*plan.infrastructure(), *plan.services()):
            self._children[spec.name] = Child(spec, plan.folder.log(spec.name), self._publish)
        self.failed: asyncio.Future[EmbeddedError] = asyncio.get_running_loop().create_future()
        self.state = SystemState(
            supervisor=remains.identify(os.getpid()),
            addresses=plan.addresses,
            children=[child.state for child in self._children.values()],
            started_at=time.time(),
        )

    async def start(self) -> None:
        """Start everything; returns when a posted record would be judged.

        Raises EmbeddedError when a child is given up or a step fails; the caller then calls `stop`.
        """
        self._step("启动 Kafka 和 PostgreSQL", "starting Kafka and PostgreSQL")
        await self._launch(self._plan.infrastructure())
        self._step("建立主题和数据表", "creating topics and tables")
        await self._create_topics()
        await self._migrate()
        self._step("启动态势、推送和接口服务", "starting worker, gateway and web")
        await self._launch(self._plan.services())
        self.state.phase = "ready"
        self._step("", "")

    async def _launch(self, specs: list[ChildSpec]) -> None:
        children = [self._children[spec.name] for spec in specs]
        for child in children:
            needs = [self._children[name] for name in child.spec.needs]
            task = asyncio.create_task(child.supervise(needs), name=f"supervise {child.spec.name}")
            task.add_done_callback(self._note_end)
            self._tasks.append(task)
        ready = asyncio.create_task(_all_ready(children))
        await asyncio.wait((ready, self.failed), return_when=asyncio.FIRST_COMPLETED)
        if self.failed.done():
            ready.cancel()
            raise self.failed.result()

    def _note_end(self, task: asyncio.Task[None]) -> None:
        """A supervision that ended by an error ends the system; a bug is such an error too, never silent."""
        if task.cancelled() or (error := task.exception()) is None:
            return
        if not isinstance(error, EmbeddedError):
            error = EmbeddedError(
                Exit.CHILD_FAILED,
                f"{task.get_name()} 意外中断：{error!r}",
                f"{task.get_name()} ended unexpectedly: {error!r}",
            )
        self._fail(error)

    async def _create_topics(self) -> None:
        """Raises EmbeddedError (SETTING, CHILD_FAILED)."""
        plan = self._plan
        try:
            await create_topics(plan.addresses.kafka, plan.settings, single_broker=plan.kafka is not None)
        except TopicMismatchError as error:
            raise EmbeddedError(
                Exit.SETTING,
                f"主题分区数与设置不符：{error}。",
                f"The topics do not fit the settings: {error}.",
            ) from error
        except (KafkaError, OSError) as error:
            raise EmbeddedError(
                Exit.CHILD_FAILED,
                f"无法在 Kafka（{plan.addresses.kafka}）上建立主题：{error}。",
                f"The topics could not be made on Kafka at {plan.addresses.kafka}: {error}.",
            ) from error

    async def _migrate(self) -> None:
        """Run the ledger's migrations in a process of their own. Raises EmbeddedError (CHILD_FAILED)."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", MIGRATIONS),
            env={**self._plan.environment()},
            cwd=self._plan.folder.root,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            output, _ = await asyncio.wait_for(process.communicate(), _MIGRATION_SECONDS)
        except TimeoutError:
            process.kill()
            output = f"no end after {_MIGRATION_SECONDS} s".encode()
            await process.wait()
        if process.returncode:
            raise EmbeddedError(
                Exit.CHILD_FAILED,
                "数据表建立失败；原因见下面的输出。",
                "The tables could not be made; the reason follows.",
                output.decode("utf-8", errors="replace").strip()[-2000:],
            )

    async def stop(self, error: EmbeddedError | None = None) -> None:
        """Stop every child in order: first who writes, last who stores. `error`: why, when the system failed."""
        self.state.phase = "stopping"
        self._step("正在停止", "stopping")
        for spec in reversed(self._plan.services()):
            await self._children[spec.name].stop()
        await asyncio.gather(*(child.stop() for child in self._children.values()))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.to_thread(lambda: remains.kill(remains.find(self._plan.folder).processes))
        self.state.phase = "failed" if error else "stopped"
        if error:
            self.state.failure = Failure(int(error.exit_code), error.zh, error.en, error.details)
        self._step("", "")

    def kill(self) -> None:
        """Do not wait for anybody: the user insists."""
        for child in self._children.values():
            child.kill()

    def _step(self, zh: str, en: str) -> None:
        self.state.step_zh, self.state.step_en = zh, en
        self._publish()

    def _publish(self) -> None:
        try:
            state.write(self._plan.folder.state_file, self.state)
        except OSError as error:
            # A full disk ends the system, in order: stopping the children must not need room for a file.
            self._fail(disk_or_folder_error(error, self._plan.folder.root))
        self._listener(self.state)

    def _fail(self, error: EmbeddedError) -> None:
        """The first failure is the one that is told."""
        if not self.failed.done():
            self.failed.set_result(error)


async def _all_ready(children: list[Child]) -> None:
    for child in children:
        await child.ready.wait()
