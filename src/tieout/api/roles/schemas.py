"""What is sent and shown of a role (Monite, 'Roles')."""

from collections import Counter
from enum import StrEnum
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, Field, StringConstraints, field_validator
from pydantic_core import PydanticCustomError

from tieout.api.filtering import Ids, Text
from tieout.api.permissions import Permission
from tieout.api.schemas import Body, Dated, Filters, Moment, OpenBody, Page, refuse_null

OBJECTS_MAX = 200
ACTIONS_MAX = 50

RoleName = Annotated[str, StringConstraints(min_length=1, max_length=255)]

CommonType = Literal[
    "approval_policy",
    "approval_request",
    "comment",
    "counterpart",
    "counterpart_vat_id",
    "delivery_note",
    "entity",
    "entity_bank_account",
    "entity_user",
    "entity_vat_ids",
    "export",
    "mailbox",
    "ocr_task",
    "onboarding",
    "overdue_reminder",
    "payables_purchase_order",
    "payment_record",
    "payment_reminder",
    "person",
    "product",
    "project",
    "receipt",
    "receivable",
    "reconciliation",
    "role",
    "tag",
    "todo_task",
    "todo_task_mute",
    "transaction",
    "workflow",
]
PAYABLE: Literal["payable"] = "payable"
OBJECT_TYPES: tuple[str, ...] = (*get_args(CommonType), PAYABLE)


class CommonAction(StrEnum):
    """What is done with most objects."""

    CREATE = "create"
    READ = "read"
    UPDATE = "update"
    DELETE = "delete"


class PayableAction(StrEnum):
    """What is done with payables."""

    CREATE = "create"
    READ = "read"
    UPDATE = "update"
    DELETE = "delete"
    PAY = "pay"
    APPROVE = "approve"
    CANCEL = "cancel"
    SUBMIT = "submit"
    CREATE_FROM_MAIL = "create_from_mail"
    REOPEN = "reopen"


class CommonActionSchema(OpenBody):
    """An action, and how far it is allowed."""

    action_name: CommonAction = CommonAction.READ
    permission: Permission = Permission.ALLOWED


class PayableActionSchema(Body):
    """An action on payables, and how far it is allowed."""

    action_name: PayableAction = PayableAction.READ
    permission: Permission = Permission.ALLOWED


class _Permitted(BaseModel):
    """No `Body`: what tells variants apart takes no validator of text. There is no free text in it."""

    model_config = Body.model_config


class CommonSchema(_Permitted):
    """What is allowed on most types of objects."""

    object_type: CommonType = "comment"
    actions: Annotated[list[CommonActionSchema], Field(default_factory=list, max_length=ACTIONS_MAX)]


class PayableSchema(_Permitted):
    """What is allowed on payables."""

    object_type: Literal["payable"] = PAYABLE
    actions: Annotated[list[PayableActionSchema], Field(default_factory=list, max_length=ACTIONS_MAX)]


class BizObjectsSchema(Body):
    """All permissions of a role. What it does not name is not allowed."""

    objects: Annotated[
        list[Annotated[CommonSchema | PayableSchema, Field(discriminator="object_type")]],
        Field(default_factory=list, max_length=OBJECTS_MAX),
    ]

    @field_validator("objects")
    @classmethod
    def _says_each_once(cls, objects: list[CommonSchema | PayableSchema]) -> Any:
        said = Counter(f"{one.object_type}.{action.action_name}" for one in objects for action in one.actions)
        twice = sorted(name for name, times in said.items() if times > 1)
        if twice:
            message = "Input should say each permission once, not twice {name}"
            raise PydanticCustomError("permission_twice", message, {"name": twice[0]})
        return objects


class CreateRoleRequest(Body):
    """A new role."""

    name: RoleName
    permissions: BizObjectsSchema


class UpdateRoleRequest(Body):
    """A change of a role; new permissions take the place of all old ones."""

    name: RoleName | None = None
    permissions: BizObjectsSchema | None = None

    _kept = refuse_null("name", "permissions")


class RoleResponse(Dated):
    """A role."""

    name: str
    permissions: BizObjectsSchema
    status: Literal["active", "deleted"]


class RolePaginationResponse(Page):
    """A page of roles."""

    data: list[RoleResponse]


class RoleFilters(Filters):
    """What a list of roles can be narrowed by."""

    id__in: Ids | None = None
    name: Text | None = None
    created_at: Moment | None = None
    created_at__gt: Moment | None = None
    created_at__lt: Moment | None = None
    created_at__gte: Moment | None = None
    created_at__lte: Moment | None = None
