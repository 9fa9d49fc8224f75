"""Does the collector leave what stays alone, and is a server process that has ended known to have?"""

import gc
import multiprocessing
import os
import sys
from types import SimpleNamespace

import pytest

from forum import serving


@pytest.fixture
def collector():
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("collector")
def test_what_is_loaded_is_no_work_for_the_collector() -> None:
    before = len(gc.get_objects())

    serving.settle()

    assert gc.get_freeze_count() > before / 2
    assert len(gc.get_objects()) < before / 10


@pytest.mark.skipif(sys.platform != "linux", reason="granian starts its processes by fork there")
def test_a_process_whose_end_only_another_thread_was_told_of_is_not_alive() -> None:
    process = multiprocessing.get_context("fork").Process(target=int)
    process.start()
    assert process.pid is not None

    os.waitpid(process.pid, 0)

    assert process.is_alive()  # what granian goes by
    assert not serving.is_alive(SimpleNamespace(inner=process))
