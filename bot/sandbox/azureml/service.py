"""From a request to its answer: finds the route, verifies the caller, checks its role, and turns errors into bodies."""

from dataclasses import replace
from typing import Final

import structlog

from bot.sandbox.azureml import seed
from bot.sandbox.azureml.access import Access
from bot.sandbox.azureml.errors import ServiceError, error_document, not_implemented
from bot.sandbox.azureml.interference import Dropped, Interference
from bot.sandbox.azureml.tokens import ARM_AUDIENCES, DATA_AUDIENCES, GRAPH_AUDIENCES, Tokens
from bot.sandbox.azureml.wire import PLAIN, Request, Response, Route, json_response

log = structlog.get_logger(__name__)

_AUDIENCES: Final = {
    seed.ARM_HOST: ARM_AUDIENCES,
    seed.DATA_HOST: DATA_AUDIENCES,
    seed.GRAPH_HOST: GRAPH_AUDIENCES,
}


class Service:
    """All hosts behind one door."""

    def __init__(self, routes: tuple[Route, ...], tokens: Tokens, access: Access, interference: Interference) -> None:
        self._routes, self._tokens, self._access = routes, tokens, access
        self.interference = interference

    def answer(self, request: Request) -> Response:
        """Answer, never raise but `Dropped` (which closes the connection)."""
        status = 0
        controlled = request.host == PLAIN
        try:
            if controlled:
                response = self._carry_out(request)
            else:
                meddling = self.interference.before(request)
                response = meddling.instead or self._carry_out(request)
                self.interference.after(request)
                if meddling.drop_response:
                    raise Dropped
                if meddling.broken:
                    response = replace(response, broken=True)
            status = response.status
            return response
        finally:
            if not controlled:
                self.interference.note(request, status)

    def _carry_out(self, request: Request) -> Response:
        try:
            return self._handle(request)
        except ServiceError as error:
            return Response(error.status, error.body, error.content_type, error.headers)
        except ConnectionError:
            raise
        except Exception:
            log.exception("request_failed", method=request.method, host=request.host, path=request.raw_path)
            body = error_document("InternalServerError", "The sandbox has a bug; its log has the details.")
            return json_response(body, 500)

    def _handle(self, request: Request) -> Response:
        for route in self._routes:
            values = route.match(request)
            if values is not None:
                request.values = values
                self._admit(route, request)
                return route.handler(request)
        if request.host in _AUDIENCES:
            request.caller = self._tokens.caller(request, _AUDIENCES[request.host])
        raise not_implemented(f"{request.method} https://{request.host}{request.raw_path}")

    def _admit(self, route: Route, request: Request) -> None:
        if not route.anonymous:
            request.caller = self._tokens.caller(request, _AUDIENCES.get(request.host, ARM_AUDIENCES))
        if "workspace" in request.values and "subscription" in request.values:
            _check_workspace(request)
        caller = request.caller
        if caller is None:
            return
        if caller.run_id is not None:
            self._access.check_run(caller, route, request.values)
        elif route.action is not None:
            self._access.check(caller, route.action, seed.WORKSPACE_SCOPE)


def _check_workspace(request: Request) -> None:
    values = request.values
    found = (values["subscription"], values["group"], values["workspace"])
    ours = (seed.SUBSCRIPTION_ID, seed.RESOURCE_GROUP, seed.WORKSPACE)
    if [name.lower() for name in found] != [name.lower() for name in ours]:
        raise ServiceError(
            404,
            "ResourceNotFound",
            f"The Resource 'Microsoft.MachineLearningServices/workspaces/{values['workspace']}' under resource group "
            f"'{values['group']}' was not found.",
        )
