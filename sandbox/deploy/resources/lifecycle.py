"""The lifecycle rules of buckets, as templates write them and as the API takes them.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-s3-bucket-lifecycleconfiguration.html
"""

from __future__ import annotations

from typing import Any

from sandbox.deploy.resources.shapes import Boolean, Integer, ListOf, Struct, Text

_NONCURRENT = Struct({"NoncurrentDays": Integer(), "NewerNoncurrentVersions": Integer()}, ("NoncurrentDays",))
_RULE = Struct(
    {
        "AbortIncompleteMultipartUpload": Struct(
            {"DaysAfterInitiation": Integer()}, ("DaysAfterInitiation",)
        ),
        "ExpirationInDays": Integer(),
        "ExpiredObjectDeleteMarker": Boolean(),
        "Id": Text(),
        "NoncurrentVersionExpiration": _NONCURRENT,
        "NoncurrentVersionExpirationInDays": Integer(),
        "Prefix": Text(),
        "Status": Text(("Enabled", "Disabled")),
    },
    ("Status",),
)
LIFECYCLE = Struct({"Rules": ListOf(_RULE)}, ("Rules",))


def lifecycle_rules(declared: dict[str, Any]) -> list[dict[str, Any]]:
    """The rules as the API takes them."""
    return [_rule(rule) for rule in declared["Rules"]]


def _rule(declared: dict[str, Any]) -> dict[str, Any]:
    same = ("Status", "AbortIncompleteMultipartUpload", "NoncurrentVersionExpiration")
    rule: dict[str, Any] = {name: declared[name] for name in same if name in declared}
    if "Id" in declared:
        rule["ID"] = declared["Id"]
    rule["Filter"] = {"Prefix": declared.get("Prefix", "")}
    expiration: dict[str, Any] = {}
    if "ExpirationInDays" in declared:
        expiration["Days"] = declared["ExpirationInDays"]
    if "ExpiredObjectDeleteMarker" in declared:
        expiration["ExpiredObjectDeleteMarker"] = declared["ExpiredObjectDeleteMarker"]
    if expiration:
        rule["Expiration"] = expiration
    if "NoncurrentVersionExpirationInDays" in declared:
        rule["NoncurrentVersionExpiration"] = {
            "NoncurrentDays": declared["NoncurrentVersionExpirationInDays"]
        }
    return rule
