"""A dictionary that refuses nothing.

quickfix answers a message that its dictionary calls wrong with a Reject (35=3), counts it as
received, and nobody hears of it. From a desk that is right: what it asked is not done, and it is
told so. A broker's report is of something that has happened; one without LeavesQty (151) may be a
fill all the same. INVARIANT (no report is lost): sessions with brokers read by a dictionary made
from their own, in which

* no field of a message is required, and none is limited to the values FIX lists;
* every value is text, but for data, whose length says where it ends;
* groups are as they were: without them quickfix would sort their fields, and refuse the second
  entry as a tag given twice.

What is missing or wrong is then for `adapters.fix.codec_broker` to say, with the text beside it.
What the session layer itself cannot do without (header, sequence number, SendingTime) stays.
"""

from pathlib import Path
from xml.etree import ElementTree as ET

_DATA = frozenset({"DATA", "XMLDATA"})


def lenient(dictionary: Path, copy: Path) -> Path:
    """Write the dictionary that refuses nothing to `copy`, and give that."""
    tree = ET.parse(dictionary)  # noqa: S314 - the operator's own file
    for part in ("messages", "components"):
        for element in tree.iterfind(f"{part}//*[@required]"):
            element.set("required", "N")
    for field in tree.iterfind("fields/field"):
        for value in field.findall("value"):
            field.remove(value)
        if field.get("type") not in _DATA:
            field.set("type", "STRING")
    tree.write(copy)
    return copy
