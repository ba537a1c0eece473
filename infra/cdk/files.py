"""The bucket of a city's files: exports, for a day."""

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from chalicelib.core.files import KEPT_DAYS
from chalicelib.core.names import files_bucket
from infra.cdk.keys import KEPT


class Files(Construct):
    """Encrypted under the key of files, closed to the public and to plain connections.

    It lies with what a city keeps though its files last a day: a bucket that holds one can't be removed with its stack, and
    what serves must go and come back at any time (decision 13). No versions: what is removed must be gone.
    """

    def __init__(self, scope: Construct, city: str, key: kms.IKey) -> None:
        """Make it for a city."""
        super().__init__(scope, "Files")
        made = s3.Bucket(
            self,
            "Bucket",
            bucket_name=files_bucket(city, cdk.Aws.ACCOUNT_ID, cdk.Stack.of(self).region),
            encryption=s3.BucketEncryption.KMS,
            encryption_key=key,
            bucket_key_enabled=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="gone-after-a-day",
                    expiration=cdk.Duration.days(KEPT_DAYS),
                    abort_incomplete_multipart_upload_after=cdk.Duration.days(KEPT_DAYS),
                )
            ],
        )
        for part in made.node.find_all():
            if isinstance(part, cdk.CfnResource):
                part.apply_removal_policy(KEPT)
