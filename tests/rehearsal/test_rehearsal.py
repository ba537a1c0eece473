"""The whole rehearsal in one file, for its two cities are deployed once and all of it runs on them.

The acceptance files of Linyi and Beijing are here as they are, on the deployed stacks: this folder's `run_city` gives those.
"""

import pytest

from tests.acceptance.test_beijing_group_book import *  # noqa: F403  its tests are to run here too
from tests.acceptance.test_linyi_internal_code import *  # noqa: F403  its tests are to run here too
from tests.acceptance.test_linyi_own_people import *  # noqa: F403  its tests are to run here too
from tests.rehearsal.alerting import *  # noqa: F403  its tests are to run here too
from tests.rehearsal.deploying import *  # noqa: F403  its tests are to run here too
from tests.rehearsal.triggers import *  # noqa: F403  its tests are to run here too
from tests.rehearsal.visiting import *  # noqa: F403  its tests are to run here too

pytestmark = [pytest.mark.rehearsal, pytest.mark.slow, pytest.mark.timeout(600)]
