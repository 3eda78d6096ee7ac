"""Which packages the sample production workspace has. Invented, but shaped like a real one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

CREATIO = "Creatio"
CUSTOMER = "Customer"
NORTHWIND = "Northwind Software"
AURORA = "Aurora Partners"


class Layout(Enum):
    """How a package lies on disk (``creatio.md`` 8.6 and 8.7)."""

    PLAIN = "plain"
    FILES_ONLY = "files only"
    BRANCHES = "branches"
    LINKED = "linked"


@dataclass(frozen=True, slots=True)
class Sample:
    """One package of the sample.

    Attributes:
        subjects: what it is about; each becomes a few schemas, the first one the most.
        needs: the packages that it depends on, all of them earlier in the list.
        replaces: schemas of other packages that it extends, as (schema, package that owns it).
        assembly: whether it carries a ready-made assembly.
        sql: whether it carries an SQL script.
    """

    name: str
    maintainer: str
    version: str
    description: str
    subjects: tuple[str, ...]
    needs: tuple[str, ...] = ()
    replaces: tuple[tuple[str, str], ...] = ()
    layout: Layout = Layout.PLAIN
    assembly: bool = False
    sql: bool = False

    @property
    def prefix(self) -> str:
        """What the names of its own schemas begin with."""
        return {CUSTOMER: "Usr", NORTHWIND: "Nw", AURORA: "Aur"}.get(self.maintainer, "")


BASE_VERSION = "8.1.3"
PROFILE_PAGE = ("ProfilePageV2", "CrtCustomer360")
ACCOUNT_PAGE = ("AccountPageV2", "CrtBase")
CASE_PAGE = ("CasePage", "CrtCaseService")


def _base(name: str, description: str, subjects: str, needs: str = "", sql: bool = False) -> Sample:
    return Sample(name, CREATIO, BASE_VERSION, description, tuple(subjects.split()), tuple(needs.split()), sql=sql)


def _files_only(name: str) -> Sample:
    return Sample(name, CREATIO, BASE_VERSION, "", (), layout=Layout.FILES_ONLY)


SAMPLES: tuple[Sample, ...] = (
    _base("CrtCore", "Kernel objects and system settings.", "Setting"),
    _base("CrtBase", "Accounts, contacts, activities.", "Account Contact", "CrtCore"),
    _base("CrtNUI", "Base modules of the user interface.", "Lookup Filter", "CrtBase"),
    _base("CrtUIv2", "Section and page templates.", "Page Section", "CrtNUI"),
    _base("CrtUIPlatform", "Freedom UI pages and components.", "Desktop", "CrtNUI"),
    _base("CrtProcessDesigner", "The process library and its elements.", "Process Element", "CrtNUI"),
    _base("CrtDesignerTools", "Wizards and designers.", "Wizard", "CrtUIv2 CrtProcessDesigner"),
    _base("CrtProductCatalogue", "Products, units and price lists.", "Product Unit", "CrtUIv2"),
    _base("CrtCustomer360", "The full view of a customer.", "Profile Timeline", "CrtUIv2"),
    _base("CrtLead", "Leads and their sources.", "Lead LeadSource", "CrtCustomer360"),
    _base("CrtLeadScoring", "Predictive scoring of leads.", "LeadScore", "CrtLead"),
    _base("CrtOpportunity", "Opportunities and the sales pipeline.", "Opportunity Stage", "CrtLead"),
    _base("CrtOrder", "Orders and their delivery.", "Order", "CrtOpportunity CrtProductCatalogue", sql=True),
    _base("CrtContract", "Contracts and their terms.", "Contract", "CrtOrder"),
    _base("CrtCaseService", "Cases, queues and service levels.", "Case Queue", "CrtCustomer360", sql=True),
    _base("CrtKnowledgeBase", "Articles for customers and agents.", "Article", "CrtCaseService"),
    _base("CrtSLM", "Service level management.", "ServicePact Calendar", "CrtCaseService"),
    _base("CrtMarketing", "Segments and marketing events.", "Segment MarketingEvent", "CrtLead"),
    _base("CrtCampaign", "Campaign flows and audiences.", "Campaign Audience", "CrtMarketing"),
    _base("CrtEmailMessage", "Mailboxes and e-mail threads.", "Mailbox", "CrtCustomer360", sql=True),
    _files_only("CrtBulkEmail"),
    _files_only("CrtForecast"),
    Sample("NwBase", NORTHWIND, "3.4.0", "Common parts of the Northwind products.", ("License",), ("CrtUIv2",)),
    Sample(
        "NwTelephony",
        NORTHWIND,
        "3.4.1",
        "Calls from the browser, with recordings.",
        ("Call", "Recording"),
        ("NwBase", "CrtCaseService"),
        assembly=True,
    ),
    Sample(
        "NwDocuments",
        NORTHWIND,
        "7.2.0",
        "Printed forms and document templates.",
        ("Document", "Template"),
        ("NwBase", "CrtContract"),
        layout=Layout.BRANCHES,
    ),
    Sample(
        "NwSignature",
        NORTHWIND,
        "1.9.3",
        "Electronic signatures for documents.",
        ("Signature",),
        ("NwDocuments",),
        assembly=True,
    ),
    Sample("AurCommon", AURORA, "2.0.5", "Shared code of Aurora's add-ons.", ("Registry",), ("CrtUIv2",)),
    Sample(
        "AurBankStatements",
        AURORA,
        "2.1.0",
        "Reads bank statements and matches payments.",
        ("Statement", "Payment"),
        ("AurCommon", "CrtOrder"),
        sql=True,
    ),
    Sample(
        "AurAddressCheck",
        AURORA,
        "1.3.2",
        "Checks postal addresses while they are typed.",
        ("Address",),
        ("AurCommon", "CrtCustomer360"),
        replaces=(ACCOUNT_PAGE,),
    ),
    Sample(
        "AurRoutePlanner",
        AURORA,
        "1.0.8",
        "Plans the routes of field employees.",
        ("Route",),
        ("AurAddressCheck",),
        assembly=True,
    ),
    Sample(
        "UsrBase",
        CUSTOMER,
        "1.12.0",
        "What all our packages share.",
        ("Region", "CostCentre"),
        ("CrtContract", "CrtCaseService"),
        replaces=(PROFILE_PAGE,),
    ),
    Sample(
        "UsrPricing",
        CUSTOMER,
        "1.7.3",
        "Price lists, discounts and their approval.",
        ("Discount", "PriceList"),
        ("UsrBase", "CrtProductCatalogue"),
    ),
    Sample(
        "UsrInvoices",
        CUSTOMER,
        "1.4.2",
        "Invoices, VAT and reminders.",
        ("Invoice",),
        ("UsrBase", "UsrPricing", "CrtOrder"),
        sql=True,
    ),
    Sample(
        "UsrPortal",
        CUSTOMER,
        "2.3.0",
        "The customer portal.",
        ("PortalRequest", "PortalUser"),
        ("UsrInvoices", "CrtKnowledgeBase"),
        replaces=(CASE_PAGE,),
    ),
    Sample(
        "UsrIntegrationHub",
        CUSTOMER,
        "0.9.11",
        "Exchange with the ERP and the warehouse.",
        ("ExchangeTask", "Mapping"),
        ("UsrBase", "CrtOrder"),
        layout=Layout.LINKED,
    ),
    Sample(
        "UsrContactCenter",
        CUSTOMER,
        "1.5.0",
        "The agent's desktop: calls, chats and cases.",
        ("Agent", "Script"),
        ("UsrBase", "NwTelephony"),
        replaces=(CASE_PAGE,),
    ),
    Sample(
        "UsrContractApproval",
        CUSTOMER,
        "1.2.6",
        "Who has to approve which contract.",
        ("Approval",),
        ("UsrBase", "NwSignature"),
    ),
    Sample("UsrLoyalty", CUSTOMER, "0.8.2", "Bonus points.", ("BonusCard", "Bonus"), ("UsrPortal",)),
    Sample(
        "UsrWarehouse",
        CUSTOMER,
        "1.1.1",
        "Stock levels by warehouse.",
        ("Stock", "Shipment"),
        ("UsrIntegrationHub", "CrtProductCatalogue"),
        sql=True,
    ),
    Sample("UsrFieldService", CUSTOMER, "0.6.0", "Visits.", ("Visit",), ("UsrBase", "AurRoutePlanner")),
    Sample(
        "UsrReports",
        CUSTOMER,
        "1.3.4",
        "Reports for the management.",
        ("Report",),
        ("UsrInvoices", "UsrWarehouse"),
        sql=True,
    ),
    Sample(
        "Custom",
        CUSTOMER,
        "1.0.0",
        "",
        ("Note",),
        ("UsrReports", "UsrLoyalty", "UsrContactCenter", "UsrContractApproval", "UsrFieldService"),
        replaces=(ACCOUNT_PAGE,),
    ),
)
