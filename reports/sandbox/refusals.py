"""The refusals of requests, in the shapes that the API documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from reports.errors import SourceError

if TYPE_CHECKING:
    from fastapi import FastAPI, Request


class ErrorBody(BaseModel):
    """Why the request was refused."""

    error: str = Field(description="What is wrong, in words.")


class ErrorsBody(BaseModel):
    """Which parameters were refused."""

    errors: dict[str, list[str]] = Field(description="What is wrong, by the name of the parameter.")


RESPONSES: dict[int | str, dict[str, Any]] = {
    401: {"model": ErrorBody, "description": "The token is missing or wrong."},
    404: {"model": ErrorBody, "description": "There is no such account or funnel."},
    422: {"model": ErrorsBody, "description": "A parameter can't be used."},
    503: {"model": ErrorBody, "description": "The database is busy or broken."},
}


def refusal(parameter: str, message: str) -> RequestValidationError:
    """Refuse a parameter of the query for what it means."""
    return RequestValidationError([{"loc": ("query", parameter), "msg": message, "type": "value_error"}])


def answer_refusals(app: FastAPI) -> None:
    """Have the app answer every error in its documented shape."""
    app.add_exception_handler(HTTPException, _answer_refusal)
    app.add_exception_handler(RequestValidationError, _answer_validation)
    app.add_exception_handler(SourceError, _answer_failure)


async def _answer_refusal(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101  # registered for it alone
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)


async def _answer_validation(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101  # registered for it alone
    errors: dict[str, list[str]] = {}
    for each in error.errors():
        errors.setdefault(str(each["loc"][-1]), []).append(each["msg"])
    return JSONResponse({"errors": errors}, 422)


async def _answer_failure(_: Request, error: Exception) -> JSONResponse:
    message = str(error)
    return JSONResponse({"error": f"{message[:1].upper()}{message[1:]}."}, 503)  # a sentence, as the other answers are
