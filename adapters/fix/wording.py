"""A session in the words of quickfix's settings file."""

from pathlib import Path
from typing import assert_never

from adapters.fix.leniency import lenient
from adapters.fix.sessions import DICTIONARIES, Dial, FixSession, Listen, Version


def words(session: FixSession, store: Path) -> dict[str, str]:
    """Say what was agreed about a session, and where its numbers and messages are kept."""
    validation = session.validation
    dictionary = session.dictionary or session.version.dictionary
    if not validation.contents:
        dictionary = lenient(dictionary, store / f"{session.name}.xml")
    said = {
        "BeginString": session.version.begin_string,
        "SenderCompID": session.ours,
        "TargetCompID": session.theirs,
        "NonStopSession": "Y",  # the engine keeps the hours
        "SocketNodelay": "Y",
        "FileStorePath": str(store),
        "PersistMessages": _yes(session.keeps_messages),
        "ResetOnLogon": _yes(session.reset_on_logon),
        "ResetOnLogout": _yes(session.reset_on_logout),
        "ResetOnDisconnect": _yes(session.reset_on_disconnect),
        "SendNextExpectedMsgSeqNum": _yes(session.next_expected),
        "ValidateFieldsOutOfOrder": _yes(validation.fields_out_of_order),
        "ValidateFieldsHaveValues": _yes(validation.fields_without_value),
        "ValidateUserDefinedFields": _yes(validation.custom_fields),
        "AllowUnknownMsgFields": _yes(not validation.fields_of_other_messages),
        "CheckLatency": _yes(validation.sending_time_s is not None),
    }
    if validation.sending_time_s is not None:
        said["MaxLatency"] = str(validation.sending_time_s)
    if session.version is Version.FIX50SP2:
        said["DefaultApplVerID"] = session.version.value
        said["AppDataDictionary"] = str(dictionary)
        said["TransportDataDictionary"] = str(DICTIONARIES / "FIXT11.xml")
    else:
        said["DataDictionary"] = str(dictionary)
    match session.link:
        case Listen(port=port):
            said |= {"ConnectionType": "acceptor", "SocketAcceptPort": str(port)}
        case Dial(host=host, port=port, retry_s=retry_s):
            said |= {
                "ConnectionType": "initiator",
                "HeartBtInt": str(session.heartbeat_s),
                "SocketConnectHost": host,
                "SocketConnectPort": str(port),
                "ReconnectInterval": str(retry_s),
            }
        case _:
            assert_never(session.link)
    return said


def _yes(answer: object) -> str:
    return "Y" if answer else "N"
