"""How messages go out: the mail server or the folder in its place, and to whom they may go at all."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from reports.config.secret import SecretField, Section
from reports.config.values import AddressText, DomainName, FileSize, TokenUrl, domain_of

TEN_MB = 10 * 1024**2  # the lowest limit of a large provider (FACTS)
GOOGLE_TOKENS = "https://oauth2.googleapis.com/token"
MICROSOFT_APPLICATION = "https://outlook.office365.com/.default"
MICROSOFT_ACCOUNT = "https://outlook.office.com/SMTP.Send offline_access"


def _tenant(text: str) -> str:
    """Return a directory's id or domain, which becomes a part of an address."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.-]*", text):
        message = f'"{text}" is not the id or the domain of a directory'
        raise ValueError(message)
    return text


class OAuth(Section):
    """A login by token instead of a password: the account's own refresh token, or the application's credentials."""

    provider: Literal["microsoft", "google"] | None = None
    tenant: Annotated[str, AfterValidator(_tenant)] | None = None
    token_url: TokenUrl | None = None
    client_id: Annotated[str, Field(min_length=1)]
    client_secret: SecretField | None = None
    refresh_token: SecretField | None = None
    scope: Annotated[str, Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _one_place(self) -> OAuth:
        if self.provider is None and self.token_url is None:
            message = 'needs a provider ("microsoft" or "google"), or the token_url of another one'
            raise ValueError(message)
        if self.provider is not None and self.token_url is not None:
            message = "give either provider or token_url"
            raise ValueError(message)
        if (self.provider == "microsoft") != (self.tenant is not None):
            message = 'provider = "microsoft" and tenant (the directory\'s id or domain) go together'
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _one_grant(self) -> OAuth:
        if self.client_secret is None and self.refresh_token is None:
            message = "needs a client_secret (the application's own login), or a refresh_token (an account's)"
            raise ValueError(message)
        if self.provider == "google" and self.refresh_token is None:
            message = "needs a refresh_token: Google's mail server takes no login of an application alone"
            raise ValueError(message)
        return self

    @property
    def url(self) -> str:
        """Where tokens are asked for."""
        if self.provider == "microsoft":
            return f"https://login.microsoftonline.com/{self.tenant}/oauth2/v2.0/token"
        return self.token_url or GOOGLE_TOKENS

    @property
    def asked(self) -> str | None:
        """What a token is asked for; Google knows it from the refresh token."""
        if self.scope is not None or self.provider != "microsoft":
            return self.scope
        return MICROSOFT_ACCOUNT if self.refresh_token else MICROSOFT_APPLICATION


class _Email(Section):
    """What any way of sending has: the sender, where answers go, who may get anything, and how large a message is."""

    model_config = ConfigDict(validate_by_name=False, validate_by_alias=True)
    sender: AddressText = Field(alias="from")
    reply_to: AddressText | None = None
    allowed_domains: Annotated[tuple[DomainName, ...], Field(min_length=1, strict=False)] | None = None
    max_attachment: FileSize = TEN_MB

    def allows(self, mailbox: str) -> bool:
        """Whether somebody may get reports: any address may, where no domains are named."""
        return self.allowed_domains is None or domain_of(mailbox) in self.allowed_domains


class OutboxEmail(_Email):
    """A folder that takes the place of a mail server: one .eml file for each message."""

    kind: Literal["outbox"]
    folder: str = "outbox"


class SmtpEmail(_Email):
    """A mail server: implicit TLS, STARTTLS, or (without a login) no encryption at all."""

    kind: Literal["smtp"]
    host: Annotated[str, Field(min_length=1)]
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    security: Literal["tls", "starttls", "none"] = "starttls"
    username: str | None = None
    password: SecretField | None = None
    oauth: OAuth | None = None
    timeout: Annotated[float, Field(gt=0, le=600, strict=False)] = 60.0

    @model_validator(mode="after")
    def _login(self) -> SmtpEmail:
        if self.password is not None and self.oauth is not None:
            message = "give either password or oauth"
            raise ValueError(message)
        if (self.username is None) != (self.password is None and self.oauth is None):
            message = "username and password (or oauth) go together"
            raise ValueError(message)
        if self.username is not None and self.security == "none":
            message = 'a login is never sent unencrypted; set security to "tls" or "starttls"'
            raise ValueError(message)
        return self
