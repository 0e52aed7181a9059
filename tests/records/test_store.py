"""The store keeps what it was given, whatever happens to the disk, the process or the neighbours."""

from __future__ import annotations

import errno
import multiprocessing
import os
import random
import stat
import time
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from grokkit.config.run import key_of
from grokkit.errors import BadInput, StoreError
from grokkit.records import files as store_files
from grokkit.records import store as store_module
from grokkit.records.record import Record
from grokkit.records.store import Problem, Store, StoreWarning


def a_record(number: int, *, points: int = 5, width: int = 2, observed_to: int = 10_000, **changes) -> Record:
    """A record like those of training, different for each number."""
    random_numbers = np.random.default_rng(number)
    config = changes.get("config") or {"task": {"name": "add", "p": 97}, "optimizer": {"lr": 1e-3}, "number": number}
    record = Record(
        key=key_of(config),
        config=config,
        steps=np.arange(points, dtype=np.int64) * 7,
        curves={f"curve_{i}": random_numbers.random(points, dtype=np.float32) for i in range(width)},
        observed_to=observed_to,
        status="reached",
        provenance={"device": "cpu", "precision": "float32", "versions": {"torch": "2.11"}, "seconds": 12.5},
    )
    return replace(record, **changes)


def same(one: Record, two: Record) -> bool:
    """Equal to the last bit, provenance included."""
    return (
        one.digest == two.digest
        and one.provenance == two.provenance
        and one.config == two.config
        and (two.steps.dtype, one.steps.tobytes()) == (np.int64, two.steps.tobytes())
        and {n: v.dtype for n, v in two.curves.items()} == dict.fromkeys(one.curves, np.dtype(np.float32))
        and all(values.tobytes() == two.curves[name].tobytes() for name, values in one.curves.items())
    )


def bytes_in(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


# What comes back.


LONG = np.array([0, 2**31, 2**53 + 1])


def odd_records() -> list[Record]:
    nans = np.array([np.nan, 1.0, -0.0, np.inf, 1e-45], np.float32)
    nans[1:2].view(np.uint32)[0] = 0xFFC00001  # a NaN that arithmetic on other hardware leaves
    return [
        a_record(1, curves={"train_loss": nans, "norm.W_E[0]": np.zeros(5, np.float32)}),
        a_record(2, curves={}),
        a_record(3, steps=LONG, curves={"only here": np.ones(3, np.float32)}, observed_to=2**60),
        a_record(4, points=1),
        a_record(5, config={"é": None, "x": 0.1 + 0.2}, provenance={}, status="diverged", observed_to=2**40),
    ]


@pytest.mark.parametrize("together", [False, True], ids=["one by one", "together"])
def test_records_come_back_to_the_last_bit(store, together):
    records = odd_records()
    if together:
        assert store.add_all(records).name.startswith("pack-")
    else:
        assert [store.add(r).name for r in records] == [f"run-{r.key}-{r.digest}.parquet" for r in records]
    found = Store(store.path).read()
    assert found.keys() == {r.key for r in records}
    assert all(same(r, found[r.key]) for r in records)
    assert not found[records[1].key].curves
    with pytest.raises(ValueError, match="read-only"):
        found[records[0].key].steps[0] = 1


def test_looking_up(store):
    assert store.read() == {} and len(store) == 0 and not store.path.exists()
    assert store.add_all([]) is None and store.check() == [] and store.pack() is None and not store.path.exists()
    store.add(a_record(1))
    store.add(a_record(2))
    assert store.keys() == sorted([a_record(1).key, a_record(2).key]) and len(store) == 2
    assert a_record(1).key in store and "absent" not in store
    assert same(store.get(a_record(2).key), a_record(2)) and store.get("absent") is None


def test_a_packed_run_is_small(store):
    records = [a_record(i, points=40, width=12) for i in range(16)]
    file = store.add_all(records)
    size = file.stat().st_size / 16
    print(f"{size:.0f} bytes a run")
    assert pq.read_metadata(file).row_group(0).column(0).compression == "ZSTD"
    assert 40 * 12 * 4 * 0.8 < size <= 8000
    assert len(store) == 16


@pytest.mark.parametrize(
    "changes, sentence",
    [
        ({"curves": {"steps": np.zeros(5)}}, "a curve cannot be named steps"),
        ({"curves": {"loss": np.zeros(4)}}, r"'loss' has shape \(4,\), steps have \(5,\)"),
        ({"key": "../escape"}, "'../escape' cannot be part of a file name"),
        ({"provenance": {"device": Path("x")}}, "provenance must be made of plain JSON values"),
        ({"observed_to": np.int64(3)}, "observed_to must be made of plain JSON values"),
    ],
)
def test_a_malformed_record_is_refused_before_anything_is_written(store, changes, sentence):
    with pytest.raises(BadInput, match=sentence):
        store.add(a_record(1, **changes))
    assert not store.path.exists()


# Where the store is.


def test_find_looks_in_this_order(tmp_path, monkeypatch):
    package, cache = tmp_path / "checkout" / "grokkit", tmp_path / "cache"
    (package / "results").mkdir(parents=True)
    (tmp_path / "checkout" / "results").mkdir()
    (tmp_path / "checkout" / "pyproject.toml").touch()
    monkeypatch.setattr(store_module, "PACKAGE", package)
    monkeypatch.setattr("platformdirs.user_cache_path", lambda name: cache / name)
    monkeypatch.setenv("GROKKIT_STORE", str(tmp_path / "environment"))
    Store(package / "results").add(a_record(1))

    assert Store.find(tmp_path / "argument").path == tmp_path / "argument"
    assert Store.find().path == tmp_path / "environment"
    monkeypatch.delenv("GROKKIT_STORE")
    assert Store.find().path == tmp_path / "checkout" / "results" and not Store.find().keys()
    (tmp_path / "checkout" / "pyproject.toml").unlink()
    shipped, before = Store.find(), bytes_in(package / "results")
    assert shipped.keys() == [a_record(1).key]
    assert shipped.add(a_record(2)).parent == shipped.add(a_record(3)).parent == cache / "grokkit" / "store"
    assert shipped.pack().parent == cache / "grokkit" / "store"
    assert len(shipped) == 3 and bytes_in(package / "results") == before
    next((package / "results").iterdir()).unlink()
    (package / "results").rmdir()
    assert Store.find().path == cache / "grokkit" / "store" and len(Store.find()) == 2


# Several records, several files.


def test_the_same_content_counts_once(store):
    record = a_record(1)
    assert store.add(record) == store.add(record)
    before = bytes_in(store.path)
    store.add(replace(record, provenance={"device": "cuda"}))
    assert bytes_in(store.path) == before
    store.add_all([record, a_record(2), record])
    assert len(store) == 2 and len(list(store.path.iterdir())) == 2
    assert len(pd.read_parquet(next(store.path.glob("pack-*")))) == 2


@pytest.mark.parametrize("reverse", [False, True])
def test_of_several_records_the_longest_observed_is_read_then_the_smallest_digest(store, reverse):
    short, long, longer = a_record(1, observed_to=50), a_record(1, observed_to=99), a_record(1, observed_to=1000)
    other = replace(longer, curves={**longer.curves, "curve_0": np.zeros(5, np.float32)})
    smallest = min(longer, other, key=lambda record: record.digest)
    for record in sorted([short, long, longer, other], key=lambda record: record.digest, reverse=reverse):
        store.add(record)
    assert same(store.read()[short.key], smallest) and len(store) == 1


def test_only_new_files_are_read_again(store, monkeypatch):
    read = []
    decode = store_files.decode
    monkeypatch.setattr(store_files, "decode", lambda data: read.append(len(data)) or decode(data))
    for number in range(3):
        store.add(a_record(number))
        store.read()
    assert len(read) == 3 and len(store.read()) == 3
    store.check()
    assert len(read) == 6


def test_merge_adds_what_is_new(store, tmp_path):
    other = Store(tmp_path / "other")
    store.add_all([a_record(1), a_record(2)])
    theirs, longer = a_record(2, width=3), a_record(2, observed_to=20_000)
    other.add_all([a_record(1), theirs, longer, a_record(3)])
    before = bytes_in(store.path)
    assert store.merge(other) == 3
    assert store.merge(other) == store.merge(other.path) == store.merge(store) == 0
    assert len(store) == 3 and {theirs.digest, longer.digest, a_record(2).digest} < digests(store.path)
    assert before.items() < bytes_in(store.path).items()

    file = Store(tmp_path / "machine").add_all([a_record(4), a_record(5)])
    assert store.merge(str(file)) == 2 and same(store.get(a_record(5).key), a_record(5))
    with pytest.raises(StoreError, match="absent cannot be merged: there is no such folder or file"):
        store.merge(tmp_path / "absent")
    file.write_bytes(b"PAR1 no")
    with pytest.raises(StoreError, match="cannot be merged: it is cut short, damaged or not a Parquet file"):
        store.merge(file)


def digests(folder: Path) -> set[str]:
    return {digest for file in folder.glob("*.parquet") for digest in pd.read_parquet(file)["digest"]}


def test_pack_gathers_single_runs_and_leaves_packs_alone(store):
    records = [a_record(i, width=1 + i % 3) for i in range(6)]
    old = store.add_all(records[:2])
    old_bytes = old.read_bytes()
    for record in records[1:]:
        store.add(record)
    found = store.read()
    packed = store.pack()
    assert sorted(bytes_in(store.path)) == sorted([old.name, packed.name]) and old.read_bytes() == old_bytes
    assert sorted(pd.read_parquet(packed)["key"]) == sorted(r.key for r in records[2:])
    assert all(same(record, found[key]) for key, record in store.read().items()) and len(store) == 6
    assert store.pack() is None
    store.add(a_record(9))
    assert store.pack() is None and len(store) == 7


def test_pack_deletes_nothing_that_it_cannot_read_back(store, monkeypatch):
    for number in range(3):
        store.add(a_record(number))
    before = bytes_in(store.path)
    monkeypatch.setattr(store_module, "put", lambda file, data: file.write_bytes(data[:-40]))
    store.pack()
    assert before.items() <= bytes_in(store.path).items()


def test_pack_leaves_damaged_files_where_they_are(store):
    for number in range(3):
        store.add(a_record(number))
    damaged = alter(store.add(a_record(4)))
    half = alter(store.add_all([a_record(5), a_record(6)])).rename(store.path / "run-of-two.parquet")
    before = {file.name: file.read_bytes() for file in (damaged, half)}
    packed = store.pack()
    assert bytes_in(store.path) == {**before, packed.name: packed.read_bytes()}


# Damage.


def alter(file: Path) -> Path:
    """Change one number in the first row of a file of records, and leave it a sound Parquet file."""
    table = pq.read_table(file)
    steps = table["steps"].to_pylist()
    steps[0][1] = 9
    place = table.column_names.index("steps")
    pq.write_table(table.set_column(place, "steps", pa.array(steps, table.schema.field(place).type)), file)
    return file


def test_what_cannot_be_read_is_named_and_left_alone(store):
    kept = [a_record(1), a_record(2)]
    for record in kept:
        store.add(record)
    truncated = store.add(a_record(3))
    truncated.write_bytes(truncated.read_bytes()[:-100])
    (store.path / "foreign.parquet").write_bytes(b"not at all")
    (store.path / "empty.parquet").touch()
    pq.write_table(pa.table({"key": ["a"], "x": [1.0]}), store.path / "columns.parquet")
    leftover = store.path / ".run-1.parquet.77-ab.tmp"
    leftover.write_bytes(b"half")
    os.utime(leftover, (time.time() - 4000,) * 2)
    (store.path / ".run-2.parquet.78-ab.tmp").write_bytes(b"somebody is still at it")
    (store.path / "README.md").write_text("no concern of ours")
    (store.path / "._run-1.parquet").write_text("nor is what macOS leaves beside a copied file")
    before = bytes_in(store.path)

    with pytest.warns(StoreWarning) as caught:
        found = store.read()
    assert len(caught) == 1 and all(same(record, found[record.key]) for record in kept) and len(found) == 2
    names = [truncated.name, "foreign.parquet", "empty.parquet", "columns.parquet", leftover.name]
    assert all(name in str(caught[0].message) for name in names)
    assert "78-ab" not in str(caught[0].message) and "README" not in str(caught[0].message)
    assert "columns.parquet is not a file of records: it has no complete column 'digest'" in str(caught[0].message)
    assert {problem.file.name for problem in store.problems} == set(names) == {p.file.name for p in store.check()}
    assert len(store.read()) == 2  # and says nothing a second time
    store.pack()
    assert {n: c for n, c in bytes_in(store.path).items() if n in before} == {
        n: c for n, c in before.items() if n not in {f"run-{r.key}-{r.digest}.parquet" for r in kept}
    }


@pytest.mark.parametrize("how", ["null", "type", "json", "twice"])
def test_a_table_that_is_nearly_ours_is_foreign(store, how):
    table = pq.read_table(store.add(a_record(1)))
    place = table.column_names.index("config")
    column = {
        "null": pa.array([None], pa.string()),
        "type": pa.array([1]),
        "json": pa.array(["{"]),
        "twice": table["config"],
    }[how]
    table = table.append_column("config", column) if how == "twice" else table.set_column(place, "config", column)
    foreign = store.path / "nearly.parquet"
    pq.write_table(table, foreign)
    assert [problem.file for problem in store.problems] == [foreign]


def test_any_byte_may_be_wrong(store):
    """No damage makes reading fail, or passes as a measurement."""
    record = a_record(1)
    good = store.add(record).read_bytes()
    random_place = random.Random(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", StoreWarning)
        for _ in range(300):
            bad = bytearray(good)
            bad[random_place.randrange(len(bad))] ^= 1 << random_place.randrange(8)
            next(store.path.iterdir()).write_bytes(bad)
            assert {found.digest for found in Store(store.path).read().values()} <= {record.digest}


def test_check_finds_altered_content_and_disagreements(store):
    store.add_all([a_record(1), a_record(2)])
    assert store.check() == []
    damaged = alter(store.add(a_record(3)))
    machine = {"device": "H200", "precision": "bfloat16", "versions": {"torch": "2.12"}}
    here = a_record(2)
    last_bit = {**here.curves, "curve_1": np.nextafter(here.curves["curve_1"], np.float32(2))}
    there = replace(here, curves=last_bit, provenance=machine)
    store.add(there)
    store.add(a_record(1, observed_to=77))  # fewer steps, other steps or other curves contradict nothing
    store.add(a_record(1, width=3))
    store.add(replace(a_record(1), steps=a_record(1).steps + 1))
    problems = {problem.file.name: problem for problem in store.check()}
    assert len(problems) == 2
    assert problems[damaged.name].sentence.startswith(f"holds other numbers for key {a_record(3).key}")
    (disagreement,) = (p.sentence for name, p in problems.items() if name != damaged.name)
    for part in (there.key, "10000 steps", there.digest, a_record(2).digest, "H200", "bfloat16", "2.12", "cpu", "2.11"):
        assert part in disagreement
    with pytest.warns(StoreWarning, match="other numbers"):
        assert a_record(3).key not in store


def test_a_damaged_file_does_not_keep_its_record_from_being_stored_again(store):
    damaged = store.add(a_record(1))
    damaged.write_bytes(b"lost in a power cut")
    again = store.add(a_record(1))
    assert again != damaged and damaged.read_bytes() == b"lost in a power cut"
    with pytest.warns(StoreWarning, match=damaged.name):
        assert same(store.get(a_record(1).key), a_record(1))
    assert store.add(a_record(1)) == again


def test_a_file_that_could_not_be_read_is_tried_again(store):
    """The trouble may have been the network's: the file's time and size are those of before."""
    file = store.add(a_record(1))
    good, times = file.read_bytes(), (time.time_ns(), file.stat().st_mtime_ns)
    file.write_bytes(bytes(len(good)))
    os.utime(file, ns=times)
    assert len(store.problems) == 1
    file.write_bytes(good)
    os.utime(file, ns=times)
    assert len(store) == 1 and not store.problems


# Disks.


def test_a_full_disk_harms_nothing(store, monkeypatch):
    store.add(a_record(1))
    store.add(a_record(2))
    before = bytes_in(store.path)

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    for write in (lambda: store.add(a_record(3)), lambda: store.add_all([a_record(3), a_record(4)]), store.pack):
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", full)
            with pytest.raises(StoreError, match=r"(run|pack)-\w+.*parquet cannot be written.*free some space"):
                write()
        assert bytes_in(store.path) == before
    assert store.add(a_record(3)).exists() and len(store) == 3


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a full disk at hand")
def test_a_full_device(store, monkeypatch):
    store.add(a_record(1))
    before = bytes_in(store.path)
    really_open = Path.open

    def on_the_full_device(file, mode):
        really_open(file, mode).close()
        return really_open(Path("/dev/full"), "wb")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", on_the_full_device)
        with pytest.raises(StoreError, match="No space left"):
            store.add(a_record(2))
    assert bytes_in(store.path) == before


def test_a_system_that_cannot_sync_folders(store, monkeypatch):
    def only_files(descriptor, sync=os.fsync):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "Invalid argument")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", only_files)
    assert store.add(a_record(1)).exists() and len(store) == 1


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("mine")
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        for call in (Store(path).ensure_writable, lambda: Store(path).add(a_record(1)), Store(path).read):  # noqa: B023
            with pytest.raises(StoreError, match=rf"{path}.* cannot be .*GROKKIT_STORE"):
                call()
    assert bytes_in(tmp_path) == {"file": b"mine"}
    Store(tmp_path / "new").ensure_writable()
    assert bytes_in(tmp_path / "new") == {}


@pytest.mark.skipif(not Path("/sys/kernel").exists(), reason="only Linux has a folder that root cannot write to")
def test_a_read_only_folder():
    for call in (Store("/sys/kernel").ensure_writable, lambda: Store("/sys/kernel").add(a_record(1))):
        with pytest.raises(StoreError, match="/sys/kernel.* cannot be .*make the folder writable"):
            call()


# Neighbours, and sudden ends.


# One process imports everything once, and forks the others: they start at once.
processes = multiprocessing.get_context("forkserver" if hasattr(os, "fork") else "spawn")
if hasattr(os, "fork"):
    processes.set_forkserver_preload(["grokkit.records.store", "pandas", "pytest"])


def add_and_pack(folder: str, first: int) -> None:
    store = Store(folder)
    for number in range(first, first + 24):
        store.add(a_record(number))
        if number % 5 == 0:
            store.pack()
    store.pack()


def test_two_processes_add_and_pack_while_a_third_reads(store):
    writers = [processes.Process(target=add_and_pack, args=(str(store.path), first)) for first in (0, 12)]
    for writer in writers:
        writer.start()
    seen: set[str] = set()
    while any(writer.is_alive() for writer in writers):
        now = set(store.read())
        assert seen <= now
        seen = now
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    store.pack()
    assert store.keys() == sorted(a_record(number).key for number in range(36))
    assert store.check() == [] and len(list(store.path.glob("run-*"))) <= 1 and not list(store.path.glob(".*"))


def test_stopped_before_any_change_of_the_folder(tmp_path, monkeypatch):
    """Like a kill, at every possible place in turn: from one call on nothing reaches the disk any more."""

    class Stopped(BaseException):
        pass

    def stop_at(patch, place):
        calls = []
        for name in ("replace", "unlink", "fsync"):
            really = getattr(os, name)

            def call(*args, really=really):
                calls.append(really)
                if len(calls) > place:
                    raise Stopped
                return really(*args)

            patch.setattr(os, name, call)

    for place in range(1000):
        store, stored = Store(tmp_path / str(place)), []
        try:
            with monkeypatch.context() as patch:
                stop_at(patch, place)
                for number in range(3):
                    store.add(a_record(number))
                    stored.append(a_record(number).key)
                store.pack()
                break
        except Stopped:
            assert set(stored) <= set(Store(store.path).read())
    assert place >= 10 and len(store) == 3


def test_a_file_packed_away_between_listing_and_reading(store, monkeypatch):
    for number in range(3):
        store.add(a_record(number))
    list_files = store._files
    looks = []

    def list_then_pack():
        files = list_files()
        looks.append(len(files))
        Store(store.path).pack()
        return files

    monkeypatch.setattr(store, "_files", list_then_pack)
    assert len(store.read()) == 3 and looks == [3, 1]


def test_a_listing_that_missed_the_pack_is_not_believed(store, monkeypatch):
    """A folder is listed entry by entry; here a pack happens after the place of the new file was passed."""
    for number in range(3):
        store.add(a_record(number))
    really_list, torn = store._list, []

    def tear():
        if torn:
            return really_list()
        Store(store.path).pack()
        torn.append(True)
        return []

    monkeypatch.setattr(store, "_list", tear)
    assert len(store.read()) == 3


def write_until_killed(folder: str, confirmed: str, first: int) -> None:
    """Add and pack, and write down what `add` confirmed."""
    store = Store(folder)
    with Path(confirmed).open("a", buffering=1) as log:
        for number in range(first, first + 10_000):
            store.add(a_record(number))
            log.write(f"{number}\n")
            if number % 2:
                store.pack()


def test_killed_at_any_moment_nothing_confirmed_is_lost(store, tmp_path):
    log = tmp_path / "confirmed"
    for first in range(0, 200_000, 10_000):
        size = log.stat().st_size if log.exists() else 0
        victim = processes.Process(target=write_until_killed, args=(str(store.path), str(log), first))
        victim.start()
        while victim.is_alive() and not (log.exists() and log.stat().st_size > size):
            time.sleep(0.001)
        time.sleep(random.uniform(0, 0.1))
        victim.kill()
        victim.join()
        assert victim.exitcode not in (0, 1)  # it did not end by itself
    confirmed = [int(number) for number in log.read_text().split()]
    assert len({number // 10_000 for number in confirmed}) == 20
    found = store.read()  # a warning would be an error: no file under a final name is unreadable
    assert all(same(a_record(number), found[a_record(number).key]) for number in confirmed)
    assert store.check() == []
    store.pack()
    assert set(store.read()) == set(found) and len(list(store.path.glob("run-*"))) <= 1


def test_a_problem_reads_as_a_sentence():
    assert str(Problem(Path("a.parquet"), "is damaged.")) == "a.parquet is damaged."
