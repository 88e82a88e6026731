"""What no page may do: complain, break its policy, ask elsewhere, fail to load a part of itself, open a dialog."""

from dataclasses import dataclass, field

from playwright.sync_api import BrowserContext, ConsoleMessage, Dialog, Request, Response

BROWSER_ITSELF = ("data:", "blob:", "about:", "chrome-error:")
OWN_STATUS = "Failed to load resource"
"""How the console tells the status of a page that is an error page on purpose; parts of a page are judged here."""

AFTER, GIVEN_UP = "htmx:afterRequest", "htmx:sendAbort"


@dataclass
class Watch:
    """Notes every fault of every page of the contexts it attends."""

    address: str
    faults: list[str] = field(default_factory=list)

    def attend(self, context: BrowserContext) -> None:
        context.on("request", self._request)
        context.on("response", self._response)
        context.on("console", self._console)
        context.on("weberror", lambda error: self.faults.append(f"error: {error.error}"))
        context.on("dialog", self._dialog)

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.address, *BROWSER_ITSELF)):
            self.faults.append(f"left this machine: {request.url}")

    def _response(self, response: Response) -> None:
        part = response.request.resource_type not in ("document", "xhr", "fetch")
        if response.status >= 500 or (part and response.status >= 400):
            self.faults.append(f"{response.status}: {response.url}")

    def _console(self, message: ConsoleMessage) -> None:
        if message.text == GIVEN_UP and self.faults[-1:] == [f"console: {AFTER}"]:
            self.faults.pop()  # somebody typed on before an answer came: the library tells the console twice
        elif message.type in ("error", "warning") and not message.text.startswith(OWN_STATUS):
            self.faults.append(f"console: {message.text}")

    def _dialog(self, dialog: Dialog) -> None:
        if dialog.type == "beforeunload":
            dialog.accept()
        else:
            self.faults.append(f"dialog: {dialog.message}")
            dialog.dismiss()
