"""A generic Modbus client that knows docs/reference/modbus.md and nothing else of this project.

    generic.py tcp 127.0.0.1:502 walk [all]
    generic.py rtu /dev/ttyUSB0 ask < requests.json

`walk` reads the identity, walks the directory and prints every point, with `all` every parameter
too, as JSON. `ask` does a list of requests one after the other and prints a list of what came of
each. The published library pymodbus, as it is, does all of the talking.
"""

import json
import sys

from pymodbus import FramerType
from pymodbus.client import ModbusSerialClient, ModbusTcpClient
from pymodbus.pdu.register_message import ReadHoldingRegistersRequest

ABSENT = -(2**31)
"""Numbers from here up to 255 above say why there is no number."""

NUMBER, FLAG, WORD, TEXT, FAULTS, REASONS, LIGHTS = range(7)
FIELDS = ("threshold", "recovery", "delay", "release_delay")


class Unlimited(ReadHoldingRegistersRequest):
    """A read that the library does not check before it is sent."""

    def encode(self):
        """Start and count as they are."""
        return self.address.to_bytes(2, "big") + self.count.to_bytes(2, "big")


def connect(way, place):
    """A client of this library on a way to the board."""
    if way == "tcp":
        host, port = place.rsplit(":", 1)
        client = ModbusTcpClient(host, port=int(port), retries=0)
    else:
        client = ModbusSerialClient(place, framer=FramerType.RTU, baudrate=9600, retries=0)
    if not client.connect():
        sys.exit(f"cannot connect to {place}")
    return client


class Board:
    """What the reference page says, on top of reading registers."""

    def __init__(self, client):
        self.client = client
        self.identity = self.read(0, 12)
        if self.identity[:2] != [0x4357, 0x4C57] or self.identity[2] != 1:
            sys.exit(f"this is no such board: {self.identity}")
        self.areas = [self.read(0x20 + 4 * area, 4) for area in range(self.identity[11])]

    def read(self, start, count):
        """Registers from `start` on."""
        answer = self.client.read_holding_registers(start, count=count)
        if answer.isError():
            sys.exit(f"{count} registers from {start:#06x}: {answer}")
        return answer.registers

    def rows(self, area):
        """Every row of an area as (number, registers), in long pieces."""
        base, stride, first, count = self.areas[area]
        per_read = 125 // stride
        for place in range(0, count, per_read):
            rows = min(per_read, count - place)
            words = self.read(base + stride * place, stride * rows)
            for row in range(rows):
                yield first + place + row, words[stride * row : stride * (row + 1)]

    def body(self, row, elements):
        """The first elements of the body of a point, each with its registers."""
        start, size = row[2], row[4]
        words = []
        while len(words) < elements * size:
            count = min(125 // size * size, elements * size - len(words))
            words += self.read(start + len(words), count)
        return [words[size * place : size * (place + 1)] for place in range(elements)]


def number(words):
    """A signed number of two registers, high word first."""
    raw = words[0] << 16 | words[1]
    return raw - (1 << 32) if raw >> 31 else raw


def text(words):
    """A text, two bytes a register, filled with NUL."""
    return b"".join(word.to_bytes(2, "big") for word in words).split(b"\0")[0].decode()


def scaled(raw, decimals):
    """A number in its unit."""
    return raw / 10**decimals if decimals else raw


def named(words):
    """The key of a directory entry with the suffix of its unit, where it has one."""
    key, suffix = text(words[16:32]), text(words[12:16])
    return f"{key}_{suffix}" if suffix else key


def fault(words, keys):
    """A fault of eight registers; the value is raw, in the unit of the fault."""
    code, level, index, known = words[:4]
    return {
        "fault": keys[code],
        "level": level,
        "number": None if index == 0xFFFF else index + 1,
        "value": number(words[4:6]) if known & 1 else None,
        "limit": number(words[6:8]) if known & 2 else None,
    }


def point(board, row, head, faults):
    """What a head and its body say; `head` is there."""
    kind, decimals, shape, words = row[5], row[7], row[8], row[9]
    if kind in (FAULTS, REASONS):
        entries = board.body(row, head)
        if kind == FAULTS:
            return [fault(entry, faults) for entry in entries]
        return [{"why": entry[0], "until": entry[1]} for entry in entries]
    if kind == LIGHTS:
        times = [number(each) for each in board.body(row, 8)]
        names = ("on_ms", "off_ms", "flashes", "pause_ms")
        return {"green": dict(zip(names, times)), "red": dict(zip(names, times[4:]))}
    if kind == TEXT:
        return text(board.body(row, 1)[0])
    if kind == WORD:
        if head >= words:
            sys.exit(f"{named(row)}: word {head} of {words}")
        return text(board.body(row, words)[head])
    if shape == 0:
        return bool(head) if kind == FLAG else scaled(head, decimals)
    values = [number(each) for each in board.body(row, head)]
    return [
        {"absent": value - ABSENT} if value < ABSENT + 256
        else bool(value) if kind == FLAG else scaled(value, decimals)
        for value in values
    ]


def walk(board, everything):
    """Every point, and every parameter if that is asked for."""
    faults = {code: text(row[16:32]) for code, row in board.rows(16)}
    points = {}
    heads = {number: row for number, row in board.rows(9)}
    for place, row in board.rows(14):
        head = number(heads[place])
        if row[:2] != [place, board.areas[9][0] + 2 * (place - 1)]:
            sys.exit(f"the entry of point {place} says {row[:2]}")
        absent = head < ABSENT + 256
        points[named(row)] = {"absent": head - ABSENT} if absent else point(board, row, head, faults)
    told = {"identity": board.identity, "points": points}
    if everything:
        told["parameters"] = parameters(board, faults)
    return told


def parameters(board, faults):
    """Every parameter that has a value."""
    found = {}
    values = {place: number(row) for place, row in board.rows(10)}
    for place, row in board.rows(15):
        found[named(row)] = scaled(values[place], row[3])
    units = {code: text(row[4:8]) for code, row in board.rows(7)}
    values = {place: number(row) for place, row in board.rows(11)}
    for place, row in board.rows(17):
        if row[0] == 0:
            if values[place] >= ABSENT + 256:
                sys.exit(f"limit {place:#06x} has a value and no entry")
            continue
        code, rest = divmod(place - 0x1000, 16)
        level, field = divmod(rest, 4)
        suffix = units[row[1] >> 8]
        key = f"{faults[code]}_l{level}_{FIELDS[field]}"
        found[f"{key}_{suffix}" if suffix else key] = scaled(values[place], row[1] >> 4 & 15)
    return found


def do(client, request):
    """One request and what came of it."""
    what, start, value = request
    if what == "read":
        answer = client.read_holding_registers(start, count=value)
    elif what == "read_input":
        answer = client.read_input_registers(start, count=value)
    elif what == "read_unlimited":
        answer = client.execute(False, Unlimited(address=start, count=value, dev_id=1))
    elif what == "write":
        answer = client.write_registers(start, value)
    else:
        answer = client.write_register(start, value)
    if answer.isError():
        return {"exception": answer.exception_code}
    return {"registers": answer.registers}


def main(way, place, what, *more):
    client = connect(way, place)
    if what == "walk":
        told = walk(Board(client), more == ("all",))
    else:
        told = [do(client, request) for request in json.load(sys.stdin)]
    json.dump(told, sys.stdout)
    client.close()


main(*sys.argv[1:])
