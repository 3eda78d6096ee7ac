"""The program text in the sample's schemas: short, readable, and invented for this program.

``@NAME@`` stands for the schema, ``@ENTITY@`` for the object it works on, ``@WORDS@`` for what people call
that object and ``@PACKAGE@`` for the package.
"""

from __future__ import annotations

LISTENER_CS = """\
namespace Terrasoft.Configuration.@PACKAGE@
{
	using Terrasoft.Core;
	using Terrasoft.Core.Entities;
	using Terrasoft.Core.Entities.Events;

	/// <summary>Keeps the name of a @WORDS@ tidy.</summary>
	[EntityEventListener(SchemaName = "@ENTITY@")]
	public class @NAME@ : BaseEntityEventListener
	{
		public override void OnSaving(object sender, EntityBeforeEventArgs e) {
			base.OnSaving(sender, e);
			var entity = (Entity)sender;
			string name = entity.GetTypedColumnValue<string>("Name");
			if (string.IsNullOrWhiteSpace(name)) {
				e.IsCanceled = true;
				return;
			}
			entity.SetColumnValue("Name", name.Trim());
		}
	}
}
"""

QUERY_CS = """\
namespace Terrasoft.Configuration.@PACKAGE@
{
	using System;
	using System.Collections.Generic;
	using System.Linq;
	using Terrasoft.Core;
	using Terrasoft.Core.Entities;

	/// <summary>Finds every @WORDS@ that was changed lately.</summary>
	public class @NAME@
	{
		private readonly UserConnection _userConnection;

		public @NAME@(UserConnection userConnection) {
			_userConnection = userConnection;
		}

		public IEnumerable<Guid> GetChangedSince(DateTime moment) {
			var esq = new EntitySchemaQuery(_userConnection.EntitySchemaManager, "@ENTITY@") {
				PrimaryQueryColumn = { IsAlwaysSelect = true }
			};
			esq.Filters.Add(esq.CreateFilterWithParameters(
				FilterComparisonType.GreaterOrEqual, "ModifiedOn", moment));
			return esq.GetEntityCollection(_userConnection).Select(entity => entity.PrimaryColumnValue);
		}
	}
}
"""

SERVICE_CS = """\
namespace Terrasoft.Configuration.@PACKAGE@
{
	using System;
	using System.ServiceModel;
	using System.ServiceModel.Activation;
	using System.ServiceModel.Web;
	using Terrasoft.Core.DB;
	using Terrasoft.Web.Common;

	/// <summary>Tells other systems how many @WORDS@ records there are.</summary>
	[ServiceContract]
	[AspNetCompatibilityRequirements(RequirementsMode = AspNetCompatibilityRequirementsMode.Required)]
	public class @NAME@ : BaseService
	{
		[OperationContract]
		[WebInvoke(Method = "GET", ResponseFormat = WebMessageFormat.Json)]
		public int GetCount() {
			var select = (Select)new Select(UserConnection)
				.Column(Func.Count("Id"))
				.From("@ENTITY@");
			return select.ExecuteScalar<int>();
		}
	}
}
"""

PAGE_JS = """\
define("@NAME@", ["@NAME@Resources"], function(resources) {
	return {
		entitySchemaName: "@ENTITY@",
		attributes: {
			"IsNameFilled": {
				dataValueType: Terrasoft.DataValueType.BOOLEAN,
				dependencies: [{ columns: ["Name"], methodName: "onNameChanged" }]
			}
		},
		details: /**SCHEMA_DETAILS*/{}/**SCHEMA_DETAILS*/,
		methods: {
			onEntityInitialized: function() {
				this.callParent(arguments);
				this.onNameChanged();
			},
			onNameChanged: function() {
				this.set("IsNameFilled", !this.Ext.isEmpty(this.get("Name")));
			}
		},
		diff: /**SCHEMA_DIFF*/[
			{
				"operation": "insert",
				"name": "Name",
				"parentName": "Header",
				"propertyName": "items",
				"values": { "layout": { "column": 0, "row": 0, "colSpan": 12 } }
			}
		]/**SCHEMA_DIFF*/
	};
});
"""

MODULE_JS = """\
define("@NAME@", ["@NAME@Resources"], function(resources) {
	/** Gives the colour of the bar beside a @WORDS@. */
	function getBarColor(daysLeft) {
		if (daysLeft < 0) {
			return "#B91C1C";
		}
		return daysLeft < 3 ? "#B45309" : "#15803D";
	}

	return {
		getBarColor: getBarColor
	};
});
"""

PAGE_LESS = """\
@import (reference) "CommonCSSV2";

.@CSS@-container {
	padding: 12px;

	.@CSS@-header {
		font-weight: 600;
		margin-bottom: 8px;
	}
}
"""

TASK_CS = """\
namespace Terrasoft.Core.Process.Configuration
{
	/// <summary>Writes a note about a @WORDS@ into the process log.</summary>
	public partial class @NAME@
	{
		protected override bool InternalExecute(ProcessExecutingContext context) {
			ResultText = $"{Caption}: done";
			return true;
		}
	}
}
"""

CLEANUP_SQL = """\
-- Removes @WORDS@ records without a name, which an old import left behind.
DELETE FROM "@ENTITY@"
WHERE "Name" IS NULL
   OR TRIM("Name") = '';
"""

INDEX_SQL = """\
-- The list of @WORDS@ records is sorted by date; without an index that takes seconds.
CREATE INDEX IF NOT EXISTS "IX_@ENTITY@_ModifiedOn"
    ON "@ENTITY@" ("ModifiedOn" DESC);
"""

HELPER_FILE_CS = """\
namespace @PACKAGE@.Files
{
	/// <summary>Names that @PACKAGE@ shares with its tests.</summary>
	public static class Constants
	{
		public const string PackageName = "@PACKAGE@";
		public const int PageSize = 100;
	}
}
"""

PROJECT_FILE = """\
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <TargetFramework>netstandard2.0</TargetFramework>
    <AssemblyName>@PACKAGE@</AssemblyName>
  </PropertyGroup>
</Project>
"""

# The fault that the tour repairs: 19 % of 12.50 is 2.375, and Math.Round without digits makes it 2.
VAT_CS = """\
namespace Terrasoft.Configuration.UsrInvoices
{
	using System;
	using System.Collections.Generic;
	using System.Linq;

	/// <summary>Calculates the VAT of an invoice.</summary>
	public class UsrVatCalculator
	{
		/// <summary>Gives the VAT of an amount, rounded to cents.</summary>
		public decimal GetVat(decimal amount, decimal ratePercent) {
			return Math.Round(amount * ratePercent / 100);
		}

		/// <summary>Gives the VAT of a whole invoice: the sum over its lines.</summary>
		public decimal GetInvoiceVat(IEnumerable<decimal> lineAmounts, decimal ratePercent) {
			return lineAmounts.Sum(amount => GetVat(amount, ratePercent));
		}
	}
}
"""

TOTALS_JS = """\
define("UsrInvoiceTotals", ["UsrInvoiceTotalsResources"], function(resources) {
	/** Adds up the lines of an invoice. Amounts come as numbers with two decimals. */
	function getTotal(lines) {
		return lines.reduce(function(total, line) {
			return total + line.quantity * line.price;
		}, 0);
	}

	/** Writes an amount for people: 1234.5 becomes "1 234.50 EUR". */
	function formatAmount(amount, currency) {
		return Terrasoft.getFormattedNumberValue(amount, { decimalPrecision: 2 }) + " " + currency;
	}

	return {
		getTotal: getTotal,
		formatAmount: formatAmount
	};
});
"""

TOTALS_SQL = """\
-- Writes the totals of open invoices anew from their lines.
UPDATE "UsrInvoice" AS invoice
SET "UsrAmount" = lines."Amount",
    "UsrVat" = ROUND(lines."Amount" * 0.19, 2)
FROM (
    SELECT "UsrInvoiceId", SUM("UsrQuantity" * "UsrPrice") AS "Amount"
    FROM "UsrInvoiceProduct"
    GROUP BY "UsrInvoiceId"
) AS lines
WHERE lines."UsrInvoiceId" = invoice."Id"
  AND invoice."UsrPaidOn" IS NULL;
"""

SOURCES_CS = (LISTENER_CS, QUERY_CS, SERVICE_CS)
ENDINGS_CS = ("Listener", "Finder", "Service")
SCRIPTS_SQL = (CLEANUP_SQL, INDEX_SQL)

ANY_COLUMNS = ("Code", "Amount", "StartDate", "Comment", "Price", "Quantity")
COLUMNS = {"UsrInvoice": ("Amount", "Vat", "PaidOn"), "UsrInvoiceProduct": ("Invoice", "Quantity", "Price")}
LOOKUP_ROWS = (("New", "Новий"), ("In progress", "У роботі"), ("Done", "Готово"), ("Cancelled", "Скасовано"))
STRINGS = {
    "en-US": {"Caption": "@TITLE@", "NameCaption": "Name", "SaveButtonCaption": "Save"},
    "uk-UA": {"Caption": "@TITLE@", "NameCaption": "Назва", "SaveButtonCaption": "Зберегти"},
}


def filled(text: str, name: str, entity: str, words: str, package: str) -> str:
    """Put the names into a text."""
    values = {
        "@NAME@": name,
        "@ENTITY@": entity,
        "@WORDS@": words,
        "@PACKAGE@": package,
        "@CSS@": name.lower(),
    }
    for mark, value in values.items():
        text = text.replace(mark, value)
    return text
