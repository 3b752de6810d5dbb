"""JWT authorizers: "Control access to HTTP APIs with JWT authorizers in API Gateway"."""

from __future__ import annotations

import base64
import hmac
import json
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.contract.apigatewayv2.harness import AUDIENCE, ENDPOINT, ISSUER, HttpApis, bearer, header, message
from tests.support.world import START

OTHER = "http://127.0.0.1:9999/realm"
KEY = RSAKey.generate_key(2048, {"kid": "k1"}, private=True)


def segments(head: dict[str, Any], claims: dict[str, Any], signature: str = "") -> str:
    """A token with any header and signature."""
    parts = (json.dumps(part).encode() for part in (head, claims))
    encoded = (base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)
    return f"{'.'.join(encoded)}.{signature}"


def keyed(head: dict[str, Any], claims: dict[str, Any], secret: bytes) -> str:
    """A token signed with a shared secret: the issuer's public key, in the best known attack."""
    text = segments(head, claims).rstrip(".")
    mac = hmac.digest(secret, text.encode(), "sha256")
    return f"{text}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def signed(claims: dict[str, Any], key: RSAKey = KEY, **head: Any) -> str:
    """A token of the other issuer, valid unless its claims say otherwise."""
    now = int(START)
    own = {"iss": OTHER, "aud": AUDIENCE, "sub": "ana", "iat": now, "exp": now + 60}
    wanted = {name: value for name, value in {**own, **claims}.items() if value is not None}
    return jwt.encode({"alg": "RS256", "kid": "k1", **head}, wanted, key)


def other(apis: HttpApis, *scopes: str, **changes: Any) -> str:
    """An API that takes tokens of the other issuer."""
    apis.keys.others[OTHER] = {"keys": [KEY.as_dict(private=False)]}
    return apis.protected(*scopes, JwtConfiguration={"Issuer": OTHER, "Audience": [AUDIENCE, "b"]}, **changes)


def test_a_token_of_the_sandbox_lets_a_request_in(apis: HttpApis) -> None:
    api = apis.protected()
    assert apis.request(api, headers=bearer(apis.token())).status == 200
    assert apis.request(api, headers={"Authorization": apis.token()}).status == 200  # without Bearer too
    context = apis.functions.events[0]["requestContext"]["authorizer"]["jwt"]
    assert context["claims"]["sub"] == "ana"
    assert context["claims"]["exp"] == str(int(START) + 3600)
    assert context["scopes"] is None


def test_what_is_stored_holds_no_port(apis: HttpApis) -> None:
    api = apis.protected()
    (item,) = apis.call("GetAuthorizers", ApiId=api)["Items"]
    assert item["JwtConfiguration"] == {"Issuer": ISSUER, "Audience": [AUDIENCE]}
    assert item["IdentitySource"] == ["$request.header.Authorization"]


def test_without_a_token_a_request_is_401(apis: HttpApis) -> None:
    response = apis.request(apis.protected())
    assert (response.status, message(response)) == (401, "Unauthorized")
    assert header(response, "www-authenticate") == "Bearer"
    assert apis.functions.events == []


def test_a_scope_of_the_route_is_enough(apis: HttpApis) -> None:
    api = apis.protected("pedidos:read", "pedidos:write")
    response = apis.request(api, headers=bearer(apis.token("pedidos:write", "outra")))
    assert response.status == 200
    assert apis.functions.events[0]["requestContext"]["authorizer"]["jwt"]["scopes"] == ["pedidos:write"]
    response = apis.request(api, headers=bearer(apis.token("outra")))
    assert (response.status, message(response)) == (403, "Forbidden")
    assert header(response, "www-authenticate") == (
        'Bearer scope="pedidos:read pedidos:write" error="insufficient_scope"'
    )


def test_a_token_expires_by_the_clock(apis: HttpApis) -> None:
    api, token = apis.protected(), apis.token(lifetime=60)
    assert apis.request(api, headers=bearer(token)).status == 200
    apis.advance(60)
    response = apis.request(api, headers=bearer(token))
    assert (response.status, message(response)) == (401, "Unauthorized")
    assert header(response, "www-authenticate") == (
        'Bearer scope="" error="invalid_token" error_description="the token has expired"'
    )


def test_the_audience_must_fit(apis: HttpApis) -> None:
    response = apis.request(apis.protected(), headers=bearer(apis.token(audience="notas")))
    assert response.status == 401
    assert "the token does not have a valid audience" in (header(response, "www-authenticate") or "")


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        ({}, 200),
        ({"aud": ["x", "b"]}, 200),
        ({"aud": None, "client_id": "b"}, 200),
        ({"aud": "x", "client_id": "b"}, 401),  # client_id counts only without aud
        ({"aud": None}, 401),
        ({"iss": "http://127.0.0.1:9999/outro"}, 401),
        ({"iss": None}, 401),
        ({"exp": None}, 401),
        ({"exp": "amanhã"}, 401),
        ({"exp": int(START)}, 401),
        ({"nbf": int(START) + 1}, 401),
        ({"nbf": int(START)}, 200),
        ({"iat": int(START) + 1}, 401),
        ({"iat": True}, 401),
    ],
)
def test_claims(apis: HttpApis, claims: dict[str, Any], status: int) -> None:
    assert apis.request(other(apis), headers=bearer(signed(claims))).status == status


@pytest.mark.parametrize("claims", [{"scope": "a b"}, {"scp": ["b"]}, {"scp": "b"}, {"scope": ["c", "b"]}])
def test_scopes_are_in_scope_or_scp(apis: HttpApis, claims: dict[str, Any]) -> None:
    assert apis.request(other(apis, "b"), headers=bearer(signed(claims))).status == 200


def test_claims_reach_the_function_as_texts(apis: HttpApis) -> None:
    claims = {"groups": ["a", "b"], "admin": True, "n": 1.5, "email": "ana@example.com"}
    apis.request(other(apis), headers=bearer(signed(claims)))
    shown = apis.functions.events[0]["requestContext"]["authorizer"]["jwt"]["claims"]
    assert (shown["groups"], shown["admin"], shown["n"]) == ("[a b]", "true", "1.5")
    assert shown["email"] == "ana@example.com"


def test_tokens_that_are_forged_are_refused(apis: HttpApis) -> None:
    api = other(apis)
    stranger = RSAKey.generate_key(2048, {"kid": "k1"}, private=True)
    good = signed({})
    head, claims, signature = good.split(".")
    now = int(START)
    own = {"iss": OTHER, "aud": AUDIENCE, "exp": now + 60}
    raised = base64.urlsafe_b64encode(json.dumps({**own, "scope": "admin"}).encode()).rstrip(b"=").decode()
    for token in (
        signed({}, stranger),
        signed({}, kid="outro"),
        segments({"alg": "none", "kid": "k1"}, own),
        segments({"alg": "None"}, own),
        segments({"alg": "HS256", "kid": "k1"}, own, signature),
        keyed({"alg": "HS256", "kid": "k1"}, own, KEY.as_pem(private=False)),
        segments({"alg": ["RS256"], "kid": "k1"}, own, signature),
        segments({"alg": "RS256", "kid": {"a": 1}}, own, signature),
        segments({"alg": "RS256"}, own, signature),
        f"{head}.{raised}.{signature}",
        f"{head}.{claims}.",
        f"{head}.{claims}",
        f"{good}.x",
        "....",
        "a.b.c",
        "é.é.é",
        "x" * 20_000,
        good + "a" * 20_000,
    ):
        response = apis.request(api, headers=bearer(token))
        assert (response.status, message(response)) == (401, "Unauthorized"), token[:80]
    assert apis.functions.events == []
    assert apis.request(api, headers=bearer(good)).status == 200


def test_keys_are_fetched_once_and_again_when_they_are_old_or_unknown(apis: HttpApis) -> None:
    api = other(apis)
    later = int(START) + 20_000
    for _ in range(3):
        apis.request(api, headers=bearer(signed({"exp": later})))
    assert apis.keys.asked == [OTHER]
    apis.advance(61)
    new = RSAKey.generate_key(2048, {"kid": "k2"}, private=True)
    apis.keys.others[OTHER] = {"keys": [KEY.as_dict(private=False), new.as_dict(private=False)]}
    assert apis.request(api, headers=bearer(signed({"exp": later}, new, kid="k2"))).status == 200
    assert apis.keys.asked == [OTHER] * 2
    apis.advance(7200)
    apis.keys.others[OTHER] = {"keys": [new.as_dict(private=False)]}
    assert apis.request(api, headers=bearer(signed({"exp": later}))).status == 401


def test_an_issuer_that_does_not_answer_is_401(apis: HttpApis) -> None:
    api = apis.protected(JwtConfiguration={"Issuer": "http://127.0.0.1:1", "Audience": [AUDIENCE]})
    response = apis.request(api, headers=bearer(signed({})))
    assert response.status == 401
    assert "OIDC discovery endpoint communication error" in (header(response, "www-authenticate") or "")


def test_an_issuer_elsewhere_is_refused_by_name(apis: HttpApis) -> None:
    configuration = {"Issuer": "https://login.example.com/", "Audience": ["a"]}
    api = apis.made()
    error = apis.refused(
        "CreateAuthorizer", ApiId=api, Name="x", AuthorizerType="JWT", JwtConfiguration=configuration
    )
    assert error.status == 501
    assert "{{sandbox:issuer}}" in error.message


def test_the_token_may_come_in_the_query(apis: HttpApis) -> None:
    api = apis.protected(IdentitySource=["$request.querystring.token"])
    assert apis.request(api, query=f"token={apis.token()}").status == 200
    assert apis.request(api, headers=bearer(apis.token())).status == 401


def test_the_issuer_publishes_what_proves_its_tokens(apis: HttpApis) -> None:
    issuer = apis.keys.own
    assert issuer is not None
    configuration = issuer.document("/_sandbox/issuer/.well-known/openid-configuration")
    assert configuration is not None
    assert configuration["issuer"] == f"{ENDPOINT}/_sandbox/issuer"
    assert configuration["jwks_uri"] == f"{ENDPOINT}/_sandbox/issuer/.well-known/jwks.json"
    keys = apis.do(lambda: issuer.document("/_sandbox/issuer/.well-known/jwks.json"))
    assert keys is not None
    (key,) = keys["keys"]
    assert "d" not in key
    read = jwt.decode(apis.token("a", "b"), RSAKey.import_key(key))
    assert (read.claims["scope"], read.claims["aud"], read.header["kid"]) == ("a b", AUDIENCE, key["kid"])
    assert issuer.document("/_sandbox/issuer/outro") is None


def test_the_audiences_that_apis_ask_for(apis: HttpApis) -> None:
    apis.protected()
    apis.protected(JwtConfiguration={"Issuer": ISSUER, "Audience": ["notas", "b"]})
    assert apis.service.audiences(f"{ENDPOINT}/_sandbox/issuer") == ["b", "notas", AUDIENCE]
    assert apis.service.audiences(OTHER) == []
