"""IAM."""

from __future__ import annotations

from tests.contract.deploy.typecases.base import OTHER_TAGS, POLICY, TAGS, Case

CHANGED = [
    Case(
        "AWS::IAM::Role",
        {
            "AssumeRolePolicyDocument": POLICY,
            "Policies": [
                {"PolicyName": "a", "PolicyDocument": POLICY},
                {"PolicyName": "b", "PolicyDocument": POLICY},
            ],
            "ManagedPolicyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
            "Tags": TAGS,
        },
        {
            "AssumeRolePolicyDocument": {**POLICY, "Id": "x"},
            "Description": "d",
            "PermissionsBoundary": "arn:aws:iam::aws:policy/ReadOnlyAccess",
            "Policies": [{"PolicyName": "b", "PolicyDocument": {**POLICY, "Id": "y"}}],
            "Tags": OTHER_TAGS,
        },
        (
            "UpdateAssumeRolePolicy",
            "UpdateRole",
            "PutRolePermissionsBoundary",
            "DeleteRolePolicy",
            "PutRolePolicy",
            "DetachRolePolicy",
            "UntagRole",
            "TagRole",
        ),
    ),
    Case(
        "AWS::IAM::Policy",
        {"PolicyName": "p", "PolicyDocument": POLICY, "Roles": ["r", "s"]},
        {"PolicyName": "p", "PolicyDocument": POLICY, "Roles": ["s"]},
        ("DeleteRolePolicy", "PutRolePolicy"),
    ),
    Case(
        "AWS::IAM::ManagedPolicy",
        {"PolicyDocument": POLICY, "Roles": ["r"]},
        {"PolicyDocument": {**POLICY, "Id": "x"}, "Roles": ["s"]},
        ("CreatePolicyVersion", "DetachRolePolicy", "AttachRolePolicy"),
    ),
]
