"""The city's own topic, to which operators' systems subscribe. Topics of organizations are made when somebody subscribes."""

from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct

from chalicelib.core.names import city_topic
from infra.cdk.keys import KEPT


class Topics(Construct):
    """Always there, and kept with its subscribers when what serves the city goes."""

    def __init__(self, scope: Construct, city: str, key: kms.IKey) -> None:
        """Make it for a city."""
        super().__init__(scope, "Topics")
        self.city = sns.Topic(self, "City", topic_name=city_topic(city), master_key=key, enforce_ssl=True)
        self.city.apply_removal_policy(KEPT)
