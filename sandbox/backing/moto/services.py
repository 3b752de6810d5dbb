"""What moto is asked to do and what not: plain data, because the daemon never imports moto."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Services that moto answers for, in botocore's names. A test compares them with the installed moto.
MOTO_SERVICES = _words(
    """
    account acm acm-pca amp apigateway apigatewaymanagementapi apigatewayv2 appconfig application-autoscaling
    appmesh appsync athena autoscaling backup batch bedrock bedrock-agent bedrock-agentcore
    bedrock-agentcore-control bedrock-runtime budgets ce cleanrooms clouddirectory cloudformation cloudfront
    cloudhsmv2 cloudtrail cloudwatch codebuild codecommit codedeploy codepipeline cognito-identity
    cognito-idp comprehend config connect connectcampaigns databrew datapipeline datasync dax devops-agent
    directconnect dms ds dsql dynamodb dynamodbstreams ebs ec2 ec2-instance-connect ecr ecs efs eks
    elasticache elasticbeanstalk elb elbv2 emr emr-containers emr-serverless es events firehose fis forecast
    fsx glacier glue greengrass guardduty iam identitystore inspector2 iot iot-data ivs kafka kinesis
    kinesis-video-archived-media kinesisanalyticsv2 kinesisvideo kms lakeformation lambda lexv2-models logs
    macie2 managedblockchain mediaconnect medialive mediapackage mediapackagev2 mediastore mediastore-data
    memorydb meteringmarketplace mq network-firewall networkmanager opensearch opensearchserverless
    organizations osis payment-cryptography personalize pinpoint pipes polly quicksight ram rds rds-data
    redshift redshift-data rekognition resiliencehub resource-groups resourcegroupstaggingapi route53
    route53domains route53resolver s3 s3control s3tables s3vectors sagemaker sagemaker-metrics
    sagemaker-runtime scheduler sdb secretsmanager securityhub service-quotas servicecatalog
    servicecatalog-appregistry servicediscovery ses sesv2 shield signer sns sqs ssm sso-admin stepfunctions
    sts support swf synthetics textract timestream-influxdb timestream-query timestream-write transcribe
    transfer vpc-lattice wafv2 workspaces workspaces-web xray
    """
)

#: Services whose data moto really keeps and gives back: what is put there does what a program expects of it.
DATA_SERVICES = _words(
    """
    account acm cloudwatch cognito-identity cognito-idp dynamodb dynamodbstreams ebs ecr firehose glacier iam
    identitystore iot-data kinesis kms mediastore-data meteringmarketplace organizations ram resource-groups
    resourcegroupstaggingapi s3 s3control s3tables s3vectors sdb secretsmanager servicediscovery ses sesv2 ssm
    sts swf timestream-write
    """
)

#: Services whose resources are recorded and shown, but never run: no container, server or job is started.
CONTROL_PLANE_ONLY: frozenset[str] = MOTO_SERVICES - DATA_SERVICES

#: moto does not know these subresources and would, for one, take the removal of a bucket's metrics
#: configuration for the removal of the bucket.
_MISTAKEN_IN_S3 = _words(
    """
    CreateBucketMetadataConfiguration CreateBucketMetadataTableConfiguration CreateSession
    DeleteBucketAnalyticsConfiguration DeleteBucketIntelligentTieringConfiguration
    DeleteBucketInventoryConfiguration DeleteBucketMetadataConfiguration
    DeleteBucketMetadataTableConfiguration
    DeleteBucketMetricsConfiguration DeleteObjectAnnotation GetBucketAbac GetBucketAnalyticsConfiguration
    GetBucketIntelligentTieringConfiguration GetBucketMetadataConfiguration
    GetBucketMetadataTableConfiguration
    GetBucketMetricsConfiguration GetBucketRequestPayment GetObjectAnnotation GetObjectRetention
    GetObjectTorrent ListBucketAnalyticsConfigurations ListBucketIntelligentTieringConfigurations
    ListBucketMetricsConfigurations ListDirectoryBuckets ListObjectAnnotations PutBucketAbac
    PutBucketAnalyticsConfiguration PutBucketIntelligentTieringConfiguration PutBucketMetricsConfiguration
    PutBucketRequestPayment PutObjectAnnotation RenameObject UpdateBucketMetadataAnnotationTableConfiguration
    UpdateBucketMetadataInventoryTableConfiguration UpdateBucketMetadataJournalTableConfiguration
    UpdateObjectEncryption WriteGetObjectResponse
    """
)

#: The front door has those of the newer names itself, where the sandbox has notifications of its own.
_NOTIFICATIONS = (
    "moto would notify nobody; the operations are called Get- and PutBucketNotificationConfiguration"
)

#: What is not passed on because its effects would leave moto, where nobody would see them: service ->
#: operation (`*`: all of them) -> why. A service that is native never gets here.
REFUSED: dict[str, dict[str, str]] = {
    "s3": {
        **dict.fromkeys(_MISTAKEN_IN_S3, "moto would take it for another operation on the bucket or object"),
        "PutBucketNotificationConfiguration": _NOTIFICATIONS,
        "PutBucketNotification": _NOTIFICATIONS,
        "GetBucketNotification": _NOTIFICATIONS,
    },
    "sns": {"*": "its topics would not deliver to the sandbox's queues and functions"},
    "scheduler": {"*": "its schedules would never fire"},
    "stepfunctions": {"*": "its state machines would not run the sandbox's functions"},
    "cloudformation": {
        "*": "its stacks would make resources that the sandbox does not see; use `sandbox deploy`"
    },
    "pipes": {"*": "its pipes would move no messages"},
    "secretsmanager": {"RotateSecret": "the rotation function would not be invoked"},
    "ses": {"SetIdentityNotificationTopic": "bounces would not reach the topic"},
    "dynamodb": {
        "EnableKinesisStreamingDestination": "changes of the table would not reach the stream",
        "ExportTableToPointInTime": "its ids and times cannot be repeated after a restart",
        "ImportTable": "its ids and times cannot be repeated after a restart",
    },
    "cloudwatch": {
        "PutMetricAlarm": "alarms would never be evaluated, and their actions never run",
        "PutCompositeAlarm": "alarms would never be evaluated, and their actions never run",
    },
}

#: What a restart does not bring back in the same form, for `sandbox services`.
NOT_REPEATED: tuple[str, ...] = (
    "kms: the material of asymmetric keys",
    "ec2: key pairs that it generated",
    "acm, acm-pca, iot: certificates and keys that they generated",
)

#: Operations that change nothing, beside those whose names say so: repeating them would be wasted.
_PURE: dict[str, frozenset[str]] = {
    "kms": _words(
        "Encrypt Decrypt ReEncrypt Sign Verify GenerateMac VerifyMac GenerateRandom GenerateDataKey"
        " GenerateDataKeyWithoutPlaintext GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext"
        " DeriveSharedSecret"
    ),
    "cloudwatch": frozenset({"GetMetricData"}),
    "dynamodb": frozenset({"TransactGetItems"}),
    "s3": frozenset({"SelectObjectContent"}),
}
_READING = ("Get", "List", "Describe", "Head", "Query", "Scan", "Search", "BatchGet", "Lookup", "Select")
#: Reading by name, yet they change what is there.
_WRITING_READS = frozenset({("cognito-identity", "GetId"), ("cognito-identity", "GetOpenIdToken")})


def refusal(service: str, operation: str) -> str | None:
    """Why the operation is not passed on to moto, or None."""
    if service not in MOTO_SERVICES:
        return "no part of the sandbox answers for this service"
    refused = REFUSED.get(service, {})
    return refused.get("*") or refused.get(operation)


def is_write(service: str, operation: str) -> bool:
    """Whether the operation may change something, so that it has to be repeated after a restart."""
    if (service, operation) in _WRITING_READS:
        return True
    return not operation.startswith(_READING) and operation not in _PURE.get(service, frozenset())
