"""Log groups. They outlive the functions that write them: six months of event log are owed (T-44)."""

from collections.abc import Iterable

from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.cdk.keys import KEPT
from infra.cdk.names import log_group, logical

ACCESS_LOG = "access"
RETENTIONS = (180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
"""The numbers of days that CloudWatch Logs knows, from the least that a city file may ask for."""


class Logs(Construct):
    """One group for each function and one for the gateway's access log."""

    def __init__(self, scope: Construct, city: str, functions: Iterable[str], days: int, key: kms.IKey) -> None:
        """Make the groups of a city; nothing is kept for fewer days than its file says."""
        super().__init__(scope, "Logs")
        for source in (*functions, ACCESS_LOG):
            group = logs.CfnLogGroup(
                self,
                logical(source),
                log_group_name=log_group(city, source),
                retention_in_days=next(known for known in RETENTIONS if known >= days),
                kms_key_id=key.key_arn,
            )
            group.apply_removal_policy(KEPT)
