"""What the files of a sample package are: each path with its bytes, in the order of writing."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from hotfix_desktop.workspaces import sample_texts as texts
from hotfix_desktop.workspaces.sample_formats import (
    CRLF,
    LF,
    MIXED,
    Json,
    creatio_date,
    json_file,
    json_line,
    metadata_difference,
    metadata_file,
    resource_file,
    source_file,
    uid,
)
from hotfix_desktop.workspaces.sample_packages import CREATIO, SAMPLES, Layout, Sample

# The owner is the package at the bottom, so that a parent is never above its child.
BASE_ENTITY = ("BaseEntity", "CrtCore")
BASE_PAGE = ("BaseModulePageV2", "CrtCore")
_SUFFIXES = {"SourceCode": ".cs", "ProcessUserTask": ".cs", "ClientUnit": ".js"}
_LINE_ENDS = (CRLF, CRLF, CRLF, CRLF, LF, LF, MIXED)


class PackageContents:
    """The files of one package."""

    def __init__(self, sample: Sample, now: datetime) -> None:
        """Fix what everything else follows from: the package's UId, its dates and its own dice."""
        self.sample = sample
        self.uid = uid("package", sample.name)
        self.random = random.Random(f"sample/{sample.name}")
        days = self.random.randint(3, 40) if sample.prefix else self.random.randint(60, 400)
        self.modified = (now - timedelta(days=days, seconds=self.random.randint(0, 80000))).replace(microsecond=0)

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Give each file as its path and bytes."""
        if self.sample.layout is Layout.FILES_ONLY:
            yield from self._static_files()
            return
        yield "descriptor.json", self._descriptor()
        for index, subject in enumerate(self.sample.subjects):
            yield from self._subject(index, subject)
        for name, owner in self.sample.replaces:
            yield from self._schema(name, "ClientUnit", _words(name), texts.PAGE_JS, (name, owner))
        if self.sample.name == BASE_ENTITY[1]:
            yield from self._schema(BASE_ENTITY[0], "Entity", "Base object", "")
            yield from self._schema(BASE_PAGE[0], "ClientUnit", "Base page", texts.MODULE_JS)
        if self.sample.name == "UsrInvoices":
            yield from self._schema("UsrInvoiceProduct", "Entity", "Invoice product", "", BASE_ENTITY)
            yield from self._schema("UsrVatCalculator", "SourceCode", "VAT calculator", texts.VAT_CS)
            yield from self._schema("UsrInvoiceTotals", "ClientUnit", "Invoice totals", texts.TOTALS_JS)
            yield from self._sql("UsrRecalculateInvoiceTotals", texts.TOTALS_SQL)
        elif self.sample.sql:
            entity = self._entity(0)
            yield from self._sql(f"{entity}Maintenance", self.random.choice(texts.SCRIPTS_SQL))
        yield from self._binding()
        if self.sample.assembly:
            yield from self._assembly()
        yield from self._own_files()

    def _entity(self, index: int) -> str:
        return self.sample.prefix + self.sample.subjects[index]

    def _subject(self, index: int, subject: str) -> Iterator[tuple[str, bytes]]:
        entity, words = self._entity(index), _words(subject)
        yield from self._schema(entity, "Entity", words, "", BASE_ENTITY)
        if index == 0:
            number = self.random.randrange(len(texts.SOURCES_CS))
            ending, text = texts.ENDINGS_CS[number], texts.SOURCES_CS[number]
            yield from self._schema(f"{entity}{ending}", "SourceCode", f"{words} {ending.lower()}", text)
            page = "CasePage" if entity == "Case" else f"{entity}PageV2"
            yield from self._schema(page, "ClientUnit", f"{words} page", texts.PAGE_JS, BASE_PAGE)
            return
        kind = self.random.choice(("ClientUnit", "ClientUnit", "ProcessUserTask", "Process", "Addon", "Dcm"))
        ending, text = {
            "ClientUnit": ("Module", texts.MODULE_JS),
            "ProcessUserTask": ("NoteUserTask", texts.TASK_CS),
        }.get(kind, (kind, ""))
        caption = f"{words} {_words(ending).lower()}"
        yield from self._schema(f"{entity}{ending}", kind, caption, text, about=index)

    def _schema(
        self,
        name: str,
        kind: str,
        caption: str,
        text: str,
        parent: tuple[str, str] | None = None,
        about: int = 0,
    ) -> Iterator[tuple[str, bytes]]:
        sample, folder = self.sample, f"Schemas/{name}"
        schema_uid = uid("schema", sample.name, name)
        replacing = parent is not None and parent[0] == name
        descriptor: Json = {"UId": schema_uid, "Name": name, "ModifiedOnUtc": self._date()}
        if parent:
            descriptor["Parent"] = {"UId": uid("schema", parent[1], parent[0]), "Name": parent[0]}
            descriptor["ExtendParent"] = replacing
        manager = f"{kind}SchemaManager"
        descriptor |= {"ManagerName": manager, "Caption": caption, "DependsOn": []}
        if kind in ("SourceCode", "ProcessUserTask"):
            descriptor["IsNetStandard"] = True
        yield f"{folder}/descriptor.json", json_file({"Descriptor": descriptor})
        columns = self._columns(name) if kind == "Entity" else []
        if parent:
            removed = uid("column", *parent, "Description")
            metadata = metadata_difference(name, schema_uid, self.uid, columns, removed)
        else:
            metadata = metadata_file(manager, name, schema_uid, self.uid, columns)
        yield f"{folder}/metadata.json", metadata
        yield f"{folder}/properties.json", json_file({"Properties": _properties(kind)})
        if text:
            entity = name.removesuffix("V2").removesuffix("Page") if replacing else self._entity(about)
            words = _words(entity.removeprefix(sample.prefix)).lower()
            filled = texts.filled(text, name, entity, words, sample.name)
            source = source_file(filled, self.random.choice(_LINE_ENDS))
            yield f"{folder}/{name}{_SUFFIXES[kind]}", source
        if text is texts.PAGE_JS:
            less = "" if replacing else texts.filled(texts.PAGE_LESS, name, "", "", sample.name)
            yield f"{folder}/{name}.less", source_file(less, CRLF)
        for culture in ("en-US", "uk-UA") if kind == "Entity" else ("en-US",):
            strings = {key: value.replace("@TITLE@", caption) for key, value in texts.STRINGS[culture].items()}
            yield f"Resources/{name}.{kind}/resource.{culture}.xml", resource_file(culture, strings)

    def _columns(self, schema: str) -> list[Json]:
        names = texts.COLUMNS.get(schema) or self.random.sample(texts.ANY_COLUMNS, 2)
        return [
            {
                "UId": uid("column", self.sample.name, schema, name),
                "A2": name if name == "Name" else f"{self.sample.prefix}{name}",
                "A3": name,
                "A5": self.uid,
                "S2": "ddb3a1ee-07e8-4d62-b7a9-d0e618b00fbd",
            }
            for name in ("Name", *names)
        ]

    def _binding(self) -> Iterator[tuple[str, bytes]]:
        entity = self._entity(0)
        name = f"{entity}Status"
        folder, schema_uid = f"Data/{name}", uid("schema", self.sample.name, entity)
        id_column, name_column = (uid("column", self.sample.name, entity, column) for column in ("Id", "Name"))
        keys = ((id_column, "Id", True), (name_column, "Name", False))
        columns = [
            {
                "ColumnUId": column,
                "IsForceUpdate": False,
                "IsKey": is_key,
                "ColumnName": title,
                "DataTypeValueUId": uid("type", title),
            }
            for column, title, is_key in keys
        ]
        descriptor: Json = {
            "UId": uid("data", self.sample.name, name),
            "Name": name,
            "ModifiedOnUtc": self._date(),
            "InstallType": self.random.choice((0, 1, 3)),
            "Schema": {"UId": schema_uid, "Name": entity},
            "Columns": columns,
        }
        yield f"{folder}/descriptor.json", json_file({"Descriptor": descriptor})
        row_ids = [uid("row", self.sample.name, name, english) for english, _ in texts.LOOKUP_ROWS]
        paths = ("data.json", "Localization/data.uk-UA.json")[: 1 if self.sample.maintainer == CREATIO else 2]
        for language, path in enumerate(paths):
            rows = [
                {
                    "Row": [
                        {"SchemaColumnUId": id_column, "Value": row_id},
                        {"SchemaColumnUId": name_column, "Value": words[language]},
                    ]
                }
                for row_id, words in zip(row_ids, texts.LOOKUP_ROWS, strict=True)
            ]
            bom = language == 1 or not self.sample.prefix
            yield f"{folder}/{path}", json_file({"PackageData": rows}, bom)
        condition: Json = {"className": "Terrasoft.FilterGroup", "items": {}, "rootSchemaName": entity}
        yield f"{folder}/filter.json", json_line(condition) if self.random.random() < 0.2 else b""

    def _sql(self, name: str, text: str) -> Iterator[tuple[str, bytes]]:
        script: Json = {
            "UId": uid("sql", self.sample.name, name),
            "Name": name,
            "ModifiedOnUtc": self._date(),
            "DBEngineType": 2,
            "InstallType": 1,
            "DependsOn": [],
        }
        entity = self._entity(0)
        filled = texts.filled(text, name, entity, _words(self.sample.subjects[0]).lower(), self.sample.name)
        yield f"SqlScripts/{name}/descriptor.json", json_file({"SqlScript": script})
        yield f"SqlScripts/{name}/{name}.sql", source_file(filled, CRLF)

    def _assembly(self) -> Iterator[tuple[str, bytes]]:
        name = f"{self.sample.name}.Core"
        descriptor: Json = {
            "UId": uid("assembly", self.sample.name, name),
            "Name": name,
            "FullName": f"{name}, Version={self.sample.version}.0, Culture=neutral, PublicKeyToken=null",
            "IsNetStandard": True,
            "ModifiedOnUtc": self._date(),
        }
        yield f"Assemblies/{name}/descriptor.json", json_file({"Descriptor": descriptor})
        yield f"Assemblies/{name}/{name}.dll", b"MZ\x90\x00" + self.random.randbytes(3000)

    def _own_files(self) -> Iterator[tuple[str, bytes]]:
        sample = self.sample
        constants = texts.filled(texts.HELPER_FILE_CS, "", "", "", sample.name)
        yield "Files/cs/Constants.cs", source_file(constants, LF)
        if sample.assembly:
            project = texts.filled(texts.PROJECT_FILE, "", "", "", sample.name)
            yield f"Files/{sample.name}.csproj", source_file(project, CRLF)
        if sample.prefix and sample.name != "Custom":
            application: Json = {
                "Code": sample.name,
                "Name": _words(sample.name.removeprefix(sample.prefix)),
                "Version": sample.version,
                "Maintainer": sample.maintainer,
                "Description": sample.description,
                "Color": "#1F5F8B",
                "SchemaNamePrefix": sample.prefix,
            }
            yield "Files/app-descriptor.json", json_file(application, bom=False)

    def _static_files(self) -> Iterator[tuple[str, bytes]]:
        """Give what a base package leaves on disk before it was ever loaded there."""
        name = self.sample.name
        constants = texts.filled(texts.HELPER_FILE_CS, "", "", "", name)
        module = texts.filled(texts.MODULE_JS, f"{name}Widget", "", "record", name)
        yield "Files/cs/Constants.cs", source_file(constants, CRLF)
        yield f"Files/src/js/{name}Widget.js", source_file(module, CRLF)
        yield (
            f"Files/src/less/{name}.less",
            source_file(texts.filled(texts.PAGE_LESS, name, "", "", ""), CRLF),
        )
        yield f"Files/Bin/{name}.dll", b"MZ\x90\x00" + self.random.randbytes(2000)
        yield "Files/placeholder.txt", b""

    def _descriptor(self) -> bytes:
        """Give the package's descriptor, its keys in the server's order."""
        sample = self.sample
        by_name = {other.name: other for other in SAMPLES}
        descriptor: Json = {"UId": self.uid, "PackageVersion": sample.version, "Name": sample.name}
        if sample.assembly:
            descriptor["Type"] = 1
        descriptor |= {"ModifiedOnUtc": creatio_date(self.modified), "Maintainer": sample.maintainer}
        if sample.assembly:
            descriptor["ProjectPath"] = f"Files/{sample.name}.csproj"
        descriptor |= {
            "Description": sample.description,
            "InstallBehavior": 0,
            "DependsOn": [
                {"UId": uid("package", name), "PackageVersion": by_name[name].version, "Name": name}
                for name in sample.needs
            ],
        }
        return json_file({"Descriptor": descriptor})

    def _date(self) -> str:
        """Give the date of an element: before that of its package, with real milliseconds."""
        return creatio_date(self.modified - timedelta(milliseconds=self.random.randint(1000, 9_000_000_000)))


def _properties(kind: str) -> Json:
    properties: Json = {"CreatedInVersion": "8.1.3.6734"}
    if kind == "Entity":
        properties |= {
            "AdministratedByOperations": False,
            "AdministratedByColumns": False,
            "AdministratedByRecords": False,
            "IsTrackChangesInDB": False,
            "IsVirtual": False,
            "IsSSPAvailable": False,
        }
    elif kind == "ClientUnit":
        properties |= {"SchemaType": "3", "Group": ""}
    return properties


def _words(name: str) -> str:
    """Give a name in words: ``LeadSource`` becomes ``Lead source``."""
    return " ".join(re.findall(r"[A-Z][a-z0-9]*", name)).capitalize()
