"""Names under which requests speak of services, where they are not botocore's own."""

from __future__ import annotations

#: Service names of signatures, by which botocore's folders are not called.
SIGNING_NAMES = {
    "aps": "amp",
    "app-integrations": "appintegrations",
    "aoss": "opensearchserverless",
    "access-analyzer": "accessanalyzer",
    "airflow": "mwaa",
    "cassandra": "keyspaces",
    "cloudcontrolapi": "cloudcontrol",
    "elasticfilesystem": "efs",
    "elasticloadbalancing": "elbv2",
    "elasticmapreduce": "emr",
    "email": "ses",
    "geo": "location",
    "iotdata": "iot-data",
    "kinesisanalytics": "kinesisanalyticsv2",
    "mobiletargeting": "pinpoint",
    "monitoring": "cloudwatch",
    "profile": "customer-profiles",
    "servicequotas": "service-quotas",
    "sso-oauth": "sso-oidc",
    "awsssoportal": "sso",
    "states": "stepfunctions",
    "tagging": "resourcegroupstaggingapi",
    "timestream": "timestream-write",
}

#: First part of `X-Amz-Target`: says the service where nothing is signed, and where two share a signing name.
TARGETS = {
    "AmazonSQS": "sqs",
    "AWSEvents": "events",
    "Logs_20140328": "logs",
    "DynamoDB_20120810": "dynamodb",
    "DynamoDBStreams_20120810": "dynamodbstreams",
    "AWSStepFunctions": "stepfunctions",
    "GraniteServiceVersion20100801": "cloudwatch",
    "Kinesis_20131202": "kinesis",
    "Firehose_20150804": "firehose",
    "KinesisAnalytics_20150814": "kinesisanalytics",
    "secretsmanager": "secretsmanager",
    "AmazonSSM": "ssm",
    "TrentService": "kms",
    "AWSCognitoIdentityProviderService": "cognito-idp",
    "ResourceGroupsTaggingAPI_20170126": "resourcegroupstaggingapi",
    "CloudTrail_20131101": "cloudtrail",
}

#: API versions of the query protocol, which say the service where there is no signature.
QUERY_VERSIONS = {
    "2012-11-05": "sqs",
    "2010-03-31": "sns",
    "2011-06-15": "sts",
    "2010-05-08": "iam",
    "2010-05-15": "cloudformation",
    "2010-08-01": "cloudwatch",
    "2014-10-31": "rds",
    "2016-11-15": "ec2",
    "2010-12-01": "ses",
    "2012-06-01": "elb",
    "2015-12-01": "elbv2",
}

#: Beginnings of paths that belong to one REST service only.
PATHS = (
    ("/2015-03-31/", "lambda"),
    ("/2017-03-31/", "lambda"),
    ("/2017-10-31/", "lambda"),
    ("/2018-10-31/", "lambda"),
    ("/2019-09-25/", "lambda"),
    ("/2019-09-30/", "lambda"),
    ("/2020-04-22/", "lambda"),
    ("/2020-06-30/", "lambda"),
    ("/2021-07-20/", "lambda"),
    ("/2021-10-31/", "lambda"),
    ("/2021-11-15/", "lambda"),
    ("/2014-11-13/functions/", "lambda"),
    ("/2016-08-19/account-settings", "lambda"),
    ("/restapis", "apigateway"),
    ("/apikeys", "apigateway"),
    ("/usageplans", "apigateway"),
    ("/v2/apis", "apigatewayv2"),
    ("/2013-04-01/", "route53"),
    ("/schedules", "scheduler"),
    ("/schedule-groups", "scheduler"),
)

#: Services that share a signing name, told apart by the path: (signing name, path, service).
SHARED_PATHS = (
    ("apigateway", "/v2/", "apigatewayv2"),
    ("s3", "/v20180820/", "s3control"),
    ("lambda", "/2025-09-09/", "lambda-microvms"),
    ("ses", "/v2/", "sesv2"),
    ("es", "/2021-01-01/", "opensearch"),
)
