"""Does the collector leave what stays alone once a server process is ready?"""

import gc

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
