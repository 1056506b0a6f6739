import pytest
from tests.contracts.log_contract import LogContract
from tests.contracts.state_contract import StateContract

from orderguard.domain.ports import EventLog, StateStore
from orderguard.stores.memory import MemoryLog, MemoryState


class TestMemoryLog(LogContract):
    @pytest.fixture
    def log(self) -> EventLog:
        return MemoryLog()


class TestMemoryState(StateContract):
    @pytest.fixture
    def state(self) -> StateStore:
        return MemoryState()
