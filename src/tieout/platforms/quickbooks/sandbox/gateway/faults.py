"""What the interface itself says no with, before or besides the books: who calls, how often, with which words.

Messages and details as documented (error codes) and recorded.
"""

from tieout.platforms.quickbooks.sandbox.refusals import GatewayRefusal, Problem, Refusal

_FORBIDDEN = 403


def _one(message: str, detail: str, code: str, element: str | None = None) -> Refusal:
    return Refusal(Problem(message, detail, code, element))


def request_id_malformed(value: str, longest: int) -> Refusal:
    """A `requestid`, or the id of a batch item, that is too long or missing."""
    detail = f"Request ID should have 1 to {longest} characters. Supplied value:{value}"
    return _one("Invalid Request Id Format", detail, "2130", "")


def request_id_used(value: str) -> Refusal:
    """A `requestid` that was used for something else."""
    return _one("Duplicate Request ID", f"The request ID is in use already. Supplied value:{value}", "600", "")


def query_unparsed(detail: str) -> Refusal:
    """A statement that does not parse."""
    return _one("Error parsing query", f"QueryParserError: {detail}", "4000")


def query_invalid(detail: str) -> Refusal:
    """A statement that parses and makes no sense."""
    return _one("Invalid query", f"QueryValidationError: {detail}", "4001")


def token_invalid(detail: str) -> GatewayRefusal:
    """No access token, or one that is expired, revoked or unknown."""
    message = "message=AuthenticationFailed; errorCode=003200; statusCode=401"
    return GatewayRefusal(Problem(message, detail, "3200"), status=401, kind="AUTHENTICATION")


def realm_refused() -> GatewayRefusal:
    """A token that is not for this company or this API."""
    message = "message=ApplicationAuthorizationFailed; errorCode=003100; statusCode=403"
    return GatewayRefusal(Problem(message, "", "3100"), status=403, kind="SERVICE")


def throttled() -> Refusal:
    """Too many calls."""
    problem = Problem(
        "message=ThrottleExceeded; errorCode=003001; statusCode=429",
        "The request limit was reached.  Try again later",
        "3001",
    )
    return Refusal(problem, status=429, kind="SERVICE")


def system_failure(status: int) -> Refusal:
    """A failure of the platform itself."""
    detail = "An application error has occurred while processing your request"
    return Refusal(Problem(detail, f"System Failure Error: {detail}", "10000", ""), status=status, kind="SystemFault")


def result_too_big() -> Refusal:
    """An answer that is larger than the platform hands out."""
    return _one("Result Set Big", "The result for the query is too large.", "10100")


def query_unprocessed(detail: str) -> Refusal:
    """A statement that makes sense and cannot be carried out."""
    return Refusal(Problem("Error processing query", f"QueryProcessingError: {detail}", "4002"), kind="Service")


def batch_too_big(size: int, most: int) -> Refusal:
    """More items than a batch may have."""
    detail = f"Batch size {size} exceeds the limit of {most} items"
    return _one("Batch size exceeds allowed limit", detail, "1040", "")


def duplicate_item(item_id: str) -> Refusal:
    """Two items of a batch with the same id."""
    return _one("Duplicate Object", f"The bId {item_id} is given to more than one item", "630", "bId")


def upload_too_big(size: int) -> Refusal:
    """More bytes in one upload than are taken."""
    detail = f"The file upload request should not exceed 100MB in size. The current request size is {size}"
    return _one("Upload request size exceeds allowed limit", detail, "6030", "")


def upload_invalid(detail: str) -> Refusal:
    """An upload that cannot be read, or an empty file."""
    return _one("Invalid Uploaded File", f"Invalid Uploaded File : {detail}", "6041", "")


def not_attachable(parameter: str) -> Refusal:
    """A description of a file that is no object."""
    detail = f"The file metadata submitted must be of Attachable type, request parameter: {parameter}"
    return _one("The file metadata must be of Attachable type", detail, "6040", "")


def address_missing() -> Refusal:
    """A document that is to be mailed to nobody."""
    detail = "Email address is required : Give BillEmail to the transaction, or sendTo to the request."
    return _one("Email address is required", detail, "6420", "")


def unknown_object(name: str) -> Refusal:
    """A name that is no kind of object."""
    return _one("Invalid or unsupported object name", f"Object Name: {name} is unsupported or invalid", "2000")


def conflicting(detail: str) -> Refusal:
    """Elements of a request that contradict each other."""
    return _one("Invalid Request Conflict Element in Request", detail, "2600")


def minor_version_invalid(value: str) -> Refusal:
    """A `minorversion` that is no number."""
    return _one("Invalid Number Format", f"minorversion should be a number. Supplied value:{value}", "2080")


def permission_denied(what: str) -> Refusal:
    """The person who connected may not do that."""
    message = "Permission Denied Error"
    return _one(message, f"{message} : You do not have permission to access this feature: {what}", "5020", "")


def feature_not_supported(what: str) -> Refusal:
    """The company's plan lacks a feature."""
    message = "Feature Not Supported Error"
    return _one(message, f"{message} : {what} is not available in the subscription of this company", "5030", "")


_CONDITIONS = {
    "admin_removed": ("120", "Authorization Failure", "AuthorizationFailure: The user is no longer an administrator"),
    "wrong_cluster": ("130", "Accessing Wrong Cluster", "WrongClusterError: The company has moved"),
    "locked_out": ("140", "Company Locked Out", "CompanyLockedOut: The company is locked"),
    "maintenance": ("150", "Company Under Maintenance", "CompanyUnderMaintenance: The company is being worked on"),
}
CONDITIONS = tuple(_CONDITIONS)
"""What may keep everybody out of a company, by name."""


def kept_out(condition: str) -> Refusal:
    """A company that cannot be used, for one of `CONDITIONS`."""
    code, message, detail = _CONDITIONS[condition]
    problem = Problem(message, f"{detail}, statusCode: {_FORBIDDEN}", code)
    return Refusal(problem, status=_FORBIDDEN, kind="AuthorizationFault")
