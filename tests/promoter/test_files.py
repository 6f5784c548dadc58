"""Every format round-trips; oddities are normalised with a note; faults are one clear line."""

import csv
import gzip
import io
import json

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mit_harness.errors import InputError, ReportError
from mit_harness.promoter.construct import promoters
from mit_harness.promoter.files import WRITABLE, read_sequences, write_sequences
from mit_harness.promoter.formats import MOST_BASES
from mit_harness.promoter.grammar import SIGMA70
from mit_harness.promoter.seeds import Seeds
from mit_harness.promoter.sequence_set import Item, make_items

TEXT = ("tsv", "csv", "fasta", "jsonl")
ITEMS = [
    Item("E_000", "E", 0, "ACGT"),
    Item("E_001", "E", 1, "GGGT"),
    Item("x/gené|1", "D", 7, "ACCT"),
    Item("plain", "", 0, "TTTT"),
]


def put(folder, name, content):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read(folder, name, content, **options):
    return read_sequences(put(folder, name, content), **options)


@pytest.mark.parametrize("form", WRITABLE)
def test_round_trip(tmp_path, form):
    write_sequences(ITEMS, tmp_path / f"a.{form}", form)
    found, notes = read_sequences(tmp_path / f"a.{form}")
    assert list(found) == ITEMS
    assert notes == ()


@pytest.mark.parametrize("form", TEXT)
def test_round_trip_packed(tmp_path, form):
    path = tmp_path / f"a.{form.upper()}.gz"
    write_sequences(ITEMS, path, form)
    assert path.read_bytes()[:2] == b"\x1f\x8b"
    assert list(read_sequences(path)[0]) == ITEMS


@pytest.mark.parametrize("form", WRITABLE)
def test_the_benchmark_round_trips_to_the_same_bytes(tmp_path, form):
    made = promoters(SIGMA70, Seeds(), 20, "TGTAAT")
    items = make_items("E", (p.compensated() for p in made))
    paths = [tmp_path / f"{k}.{form}" for k in "ab"]
    for path in paths:
        write_sequences(items, path, form, {"score": [-1.5 * k for k in range(20)]})
    assert paths[0].read_bytes() == paths[1].read_bytes()
    found, notes = read_sequences(paths[0], length=100)
    assert (list(found), notes) == (items, ())


@pytest.mark.parametrize("form", TEXT)
def test_text_can_go_to_a_stream(tmp_path, form):
    stream = io.StringIO()
    write_sequences(ITEMS, stream, form)
    write_sequences(ITEMS, tmp_path / "a", form)
    assert stream.getvalue() == (tmp_path / "a").read_text(encoding="utf-8")


def test_columns_come_in_their_order():
    stream = io.StringIO()
    write_sequences(ITEMS[:1], stream, "tsv", {"score": [0.1], "note": [None]})
    assert (
        stream.getvalue() == "id\tclass\tindex\tsequence\tscore\tnote\nE_000\tE\t0\tACGT\t0.1\t\n"
    )
    stream = io.StringIO()
    write_sequences(ITEMS[:1], stream, "jsonl", {"score": [0.1]})
    assert list(json.loads(stream.getvalue()).items()) == [
        ("id", "E_000"),
        ("class", "E"),
        ("index", 0),
        ("sequence", "ACGT"),
        ("score", 0.1),
    ]
    stream = io.StringIO()
    write_sequences(ITEMS[:1], stream, "fasta", {"score": [0.1], "note": [None]})
    assert stream.getvalue() == ">E_000 class=E index=0 score=0.1\nACGT\n"


def test_parquet_is_a_table(tmp_path):
    write_sequences(ITEMS, tmp_path / "a.parquet", "parquet", {"score": [1.0, 2.0, 3.0, None]})
    table = pd.read_parquet(tmp_path / "a.parquet")
    assert list(table.columns) == ["id", "class", "index", "sequence", "score"]
    assert table["index"].tolist() == [0, 1, 7, 0]
    write_sequences([], tmp_path / "b.parquet", "parquet")
    assert len(pd.read_parquet(tmp_path / "b.parquet")) == 0


def test_parquet_by_pandas_with_gaps_is_read(tmp_path):
    table = pd.DataFrame(
        {"id": ["a", "b"], "sequence": ["acgt", "AC"], "index": [3, None], "other": [[1], [2]]}
    )
    table.to_parquet(tmp_path / "a.parquet")
    found, notes = read_sequences(tmp_path / "a.parquet")
    assert list(found) == [Item("a", "", 3, "ACGT"), Item("b", "", 1, "AC")]
    assert len(notes) == 1


@pytest.mark.parametrize(
    ("form", "items", "extra", "says"),
    [
        ("xlsx", ITEMS, None, "unknown sequence format 'xlsx'; known: csv, fasta, jsonl"),
        ("fast", ITEMS, None, "did you mean 'fasta'"),
        ("tsv", ITEMS, {"score": [1.0]}, "1 values for 4 sequences"),
        ("tsv", ITEMS, {"class": ["A"] * 4}, "takes the name"),
        ("fasta", [Item("a b", "E", 0, "A")], None, "blanks"),
        ("fasta", [Item("a", "my class", 0, "A")], None, "blanks"),
    ],
)
def test_what_cannot_be_written_is_refused(tmp_path, form, items, extra, says):
    with pytest.raises(InputError, match=says):
        write_sequences(items, tmp_path / "a", form, extra)
    assert list(tmp_path.iterdir()) == []


def test_parquet_needs_a_file():
    with pytest.raises(InputError, match="Parquet is not text"):
        write_sequences(ITEMS, io.StringIO(), "parquet")


def test_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(ReportError, match="cannot be written"):
        write_sequences(ITEMS, tmp_path / "none" / "a.tsv", "tsv")


printable = st.text(
    st.characters(codec="utf-8").filter(str.isprintable), min_size=1, max_size=12
).filter(lambda text: text == text.strip())


@given(
    names=st.lists(printable, min_size=1, max_size=5, unique=True),
    group=printable,
    form=st.sampled_from(["tsv", "csv", "jsonl", "parquet"]),
)
@settings(deadline=None, database=None, max_examples=60)
def test_any_printable_id_round_trips(tmp_path_factory, names, group, form):
    path = tmp_path_factory.mktemp("ids") / f"a.{form}"
    items = [Item(name, group, k, "ACGT") for k, name in enumerate(names)]
    write_sequences(items, path, form)
    assert list(read_sequences(path)[0]) == items


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.tsv", "sequence\tid\nACGT\tE_003\nAC\tx\n"),
        ("a.tsv", " ID \tSequence\textra\nE_003\tACGT\t\nx\tAC\tN-N\n"),
        ("a.csv", 'id,sequence\n"E_003","ACGT"\nx,AC\n'),
        ("a.csv", "id,sequence,class,index\nE_003,ACGT,,\nx,AC,,0\n"),
        ("a.fa", ">E_003 some words\nAC\nGT\n>x\tother\nAC"),
        ("a.FNA", "> E_003\nACGT\n>x\nA\nC\n"),
        ("a.jsonl", '{"id": "E_003", "sequence": "ACGT"}\n{"sequence": "AC", "id": "x"}'),
        ("a.json", '[{"id": "E_003", "sequence": "ACGT"}, {"id": "x", "sequence": "AC"}]'),
        ("a.json", '[{"Id": "E_003", "sequence": "ACGT", "index": null, "class": "E"},\n'
                   '{"id": "x", "sequence": "AC", "index": 0}]'),
        ("a.json", '{"E_003": "ACGT", "x": "AC"}'),
    ],
)  # fmt: skip
def test_group_and_index_are_read_off_ids(tmp_path, name, content):
    found, notes = read(tmp_path, name, content)
    assert list(found) == [Item("E_003", "E", 3, "ACGT"), Item("x", "", 0, "AC")]
    assert notes == ()


def test_what_is_stated_comes_before_what_an_id_says(tmp_path):
    rows = "id\tgroup\tindex\tsequence\nE_003\tH\t5\tACGT\nE_004\tH\t\tACGT\nx\tH\t\tACGT\n"
    found, _ = read(tmp_path, "a.tsv", rows)
    assert [item[1:3] for item in found] == [("H", 5), ("H", 4), ("H", 2)]
    found, _ = read(tmp_path, "a.fa", ">E_003 class=H index=5 score=2\nACGT\n>b group=H\nAC\n")
    assert [item[1:3] for item in found] == [("H", 5), ("H", 1)]


def test_numbers_too_long_for_an_index_are_part_of_the_name(tmp_path):
    found, _ = read(tmp_path, "a.fa", ">run_20240101123456\nAC\n")
    assert found[0].index == 0


@pytest.mark.parametrize(
    ("content", "note"),
    [
        ("id\tsequence\na\tacgt\nb\tACGT\nc\tAcGT\n", "2 sequence(s) in lower case"),
        ("id\tsequence\na\tACGU\nb\tUUUU\n", "2 sequence(s) with U"),
        ("id\tsequence\r\na\tACGT\r\n", "2 line(s) ending in a carriage return"),
        ("id\tsequence\ra\tACGT\r", "2 line(s) ending in a carriage return"),
        ("\ufeffid\tsequence\na\tACGT\n", "1 byte order mark"),
        ("id\tsequence\na\tACGT\n\n  \n\t\n", "3 blank line(s)"),
        ("\n\nid\tsequence\n\na\tACGT\n", "3 blank line(s)"),
        ("id\tsequence\na\tACGT\na\tACGT\na\tacgt\n", "2 exact repeat(s)"),
    ],
)
def test_harmless_oddities_are_normalised_with_one_note(tmp_path, content, note):
    found, notes = read(tmp_path, "a.tsv", content)
    assert found[0] == Item("a", "", 0, found[0].sequence)
    assert set(found[0].sequence) <= set("ACGT")
    assert any(line.startswith(f"a.tsv: {note}") for line in notes)
    assert len(notes) == len({line.split(")")[0] for line in notes})


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.fa", "\ufeff>a\r\nacg\r\n\r\nu\r\n>b\r\nAC\r\n\r\n"),
        ("a.csv", "\ufeffid,sequence\r\n\r\na,acgu\r\nb,AC\r\n\r\n"),
        ("a.jsonl", '\ufeff{"id": "a", "sequence": "acgu"}\r\n\r\n'
                    '{"id": "b", "sequence": "AC"}\r\n\r\n'),
        ("a.json", '\ufeff{"a": "acgu",\r\n"b": "AC"}\r\n'),
    ],
)  # fmt: skip
def test_all_text_formats_forgive_the_same(tmp_path, name, content):
    for path, data in ((name, content.encode()), (f"{name}.gz", gzip.compress(content.encode()))):
        found, notes = read(tmp_path, path, data)
        assert [(item.id, item.sequence) for item in found] == [("a", "ACGT"), ("b", "AC")]
        assert len(notes) == (4 if name == "a.json" else 5)


HEAD = "id\tsequence\n"
BAD = [
    ("a.tsv", b"", "empty (0 bytes)"),
    ("a.parquet", b"", "empty (0 bytes)"),
    ("a.tsv.gz", b"", "empty (0 bytes)"),
    ("a.tsv", HEAD, "no sequences"),
    ("a.tsv", "\n\n", "no sequences"),
    ("a.json", "[]", "no sequences"),
    ("a.json", "{}", "no sequences"),
    ("a.json", " \n", "no sequences"),
    ("a.jsonl", "\n", "no sequences"),
    ("a.tsv.gz", gzip.compress(b""), "no sequences"),
    ("a.xlsx", "x", "suffix '.xlsx' is not known; known: .tsv, .csv"),
    ("a", "x", "suffix ''"),
    ("a.gz", "x", "suffix '' of a .gz file"),
    ("a.parquet.gz", "x", "suffix '.parquet' of a .gz file"),
    ("a.tsv", "name\tseq\na\tACGT\n", "no column 'sequence'; it has 'name', 'seq'"),
    ("a.tsv", "id\tseq\na\tACGT\n", "no column 'sequence'; it has 'id', 'seq'"),
    ("a.csv", "name,sequence\na,ACGT\n", "no column 'id'; it has 'name', 'sequence'"),
    ("a.tsv", "E_000\tACGT\n", "the header has no column 'sequence'"),
    ("a.tsv", "id\tid\tsequence\na\tb\tACGT\n", "2 columns 'id'"),
    ("a.jsonl", '{"id": "a"}', "line 1 has no column 'sequence'; it has 'id'"),
    ("a.json", '[{"id": "a", "sequence": "A"}, {"sequence": "A"}]', "entry 2 has no column 'id'"),
    ("a.tsv", HEAD + "a\tACGT\nb\tACNGT\n", "line 3 ('b') holds the IUPAC code 'N' at place 2"),
    ("a.tsv", HEAD + "a\tAC-GT\n", "line 2 ('a') holds '-'"),
    ("a.tsv", HEAD + "a\tAC GT\n", "holds ' '"),
    ("a.fa", ">a\nACGT*\n", "holds '*'"),
    ("a.fa", ">a\nAC>GT\n", "holds '>'"),
    ("a.fa", ">a\nacgt\n>b\nacgrt\n", "line 3 ('b') holds the IUPAC code 'R'"),
    ("a.tsv", HEAD + "a\tACé\n", "non-ASCII character 'é'"),
    ("a.tsv", HEAD + "a\t\n", "line 2 ('a') is empty"),
    ("a.fa", ">a\n>b\nACGT\n", "line 1 ('a') is empty"),
    ("a.fa", ">a\n\n", "line 1 ('a') is empty"),
    ("a.json", '{"a": ""}', "entry 1 ('a') is empty"),
    ("a.json", '{"a": null}', "entry 1 ('a') is empty"),
    ("a.tsv", HEAD + "\tACGT\n", "line 2 has no id"),
    ("a.fa", ">\nACGT\n", "line 1 has no id"),
    ("a.fa", "> \t\nACGT\n", "line 1 has no id"),
    ("a.fa", "ACGT\n>a\nACGT\n", "line 1 stands before the first header"),
    ("a.tsv", HEAD + "a\tACGT\na\tACGG\n", "line 2 and line 3 both have the id 'a'"),
    ("a.fa", ">a\nAC\n>a\nAG\n", "line 1 and line 3 both have the id 'a'"),
    ("a.tsv", "id\tclass\tsequence\na\tE\tAC\na\tD\tAC\n", "both have the id 'a'"),
    ("a.tsv", "id\tindex\tsequence\na\t1\tAC\na\t2\tAC\n", "both have the id 'a'"),
    ("a.tsv", "id\tclass\tsequence\na_1\tE\tAC\nb_1\tE\tAC\n", "are both index 1 of class 'E'"),
    ("a.tsv", "id\tindex\tsequence\na\t-1\tAC\n", "the index '-1'"),
    ("a.tsv", "id\tindex\tsequence\na\tone\tAC\n", "the index 'one'"),
    ("a.tsv", "id\tindex\tsequence\na\t1.5\tAC\n", "the index '1.5'"),
    ("a.tsv", "id\tindex\tsequence\na\t9999999999\tAC\n", "the index '9999999999'"),
    ("a.tsv", HEAD + "a\tACGT\nb\n", "line 3 has 1 fields, but the header has 2"),
    ("a.tsv", HEAD + "a\tACGT\tx\n", "line 2 has 3 fields, but the header has 2"),
    ("a.csv", "id,sequence\na,AC,\n", "line 2 has 3 fields"),
    ("a.csv", 'id,sequence\nx,AC\na,"AC\nb,AC\n', "line 3 cannot be read: its quotes"),
    ("a.csv", 'id,sequence\na,"A"C\n', "line 2 cannot be read: its quotes"),
    ("a.csv", 'id,sequence\n"a\nb",AC\n', "line 2 has an id with a control"),
    ("a.tsv", HEAD + "a\x1b[31m\tAC\n", r"control or invisible character: 'a\x1b[31m'"),
    ("a.tsv", HEAD + "a\x00\tAC\n", "control"),
    ("a.tsv", HEAD + "a\u202eb\tAC\n", "invisible"),
    ("a.fa", ">a\x0bb\nAC\n", "control"),
    ("a.json", '{"a\\u0007": "AC"}', "control"),
    ("a.json", '{"a\\ud800": "AC"}', "control"),
    ("a.tsv", "id\tclass\tsequence\na\tE\x07\tAC\n", "class with a control"),
    ("a.tsv", b"id\tsequence\na\tAC\nb\t\xff\xfe\n", "line 3 holds the byte 0xff"),
    ("a.tsv", "id\tsequence\na\tAC\n".encode("utf-16"), "line 1 holds the byte 0xff"),
    ("a.tsv", gzip.compress(b"id\tsequence\na\tAC\n"), "not UTF-8"),
    ("a.tsv.gz", HEAD + "a\tAC\n", "cannot be read (Not a gzipped file"),
    ("a.tsv.gz", gzip.compress(b"id\tsequence\na\tAC\n" * 99)[:-9], "cannot be read"),
    ("a.json", '{"a": "AC"', "malformed JSON at line 1 column 11"),
    ("a.json", "[1, 2]", "entry 1 is not a JSON object"),
    ("a.json", '"ACGT"', "neither a list"),
    ("a.json", '{"a": ["AC"]}', "which is not text"),
    ("a.json", '{"a": true}', "which is not text"),
    ("a.json", '{"a": "AC", "a": "AG"}', "the key 'a' stands twice"),
    ("a.json", "[" * 100_000, "deep a nesting"),
    ("a.json", "[" * 100_000 + "]" * 100_000, "too deep a nesting"),
    ("a.json", '{"a": ' + "1" * 5000 + "}", "too long a number"),
    ("a.jsonl", '{"id": "a", "sequence": "AC"}\nnot json\n', "line 2: malformed JSON at column 1"),
    ("a.jsonl", '{"id": "a", "ID": "b", "sequence": "AC"}', "differ only in case"),
    ("a.jsonl", '{"id": "a", "sequence": 5}', "holds '5'"),
    ("a.jsonl", '{"id": "a", "sequence": Infinity}', "which is not text"),
    ("a.parquet", "id\tsequence\n", "not Parquet"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "says"), BAD, ids=[case[2][:40] for case in BAD])
def test_bad_input_is_refused_in_one_clear_line(tmp_path, name, content, says):
    path = put(tmp_path, name, content)
    with pytest.raises(InputError) as caught:
        read_sequences(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert says in message
    assert message.isprintable()
    assert len(message) < len(str(path)) + 250


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(InputError, match="No such file or directory"):
        read_sequences(tmp_path / "a.tsv")
    for name in ("a.tsv", "plain"):
        (tmp_path / name).mkdir()
        with pytest.raises(InputError, match="Is a directory"):
            read_sequences(tmp_path / name)


@pytest.mark.parametrize("name", ["a" * 300 + ".tsv", "a\0b.tsv"])
def test_impossible_names_are_refused(tmp_path, name):
    with pytest.raises(InputError, match="cannot be read"):
        read_sequences(tmp_path / name)


def test_parquet_without_the_columns_is_refused(tmp_path):
    pd.DataFrame({"id": ["a"], "seq": ["AC"]}).to_parquet(tmp_path / "a.parquet")
    with pytest.raises(InputError, match="no column 'sequence'; it has 'id', 'seq'"):
        read_sequences(tmp_path / "a.parquet")
    pd.DataFrame({"id": ["a"], "sequence": [b"AC"]}).to_parquet(tmp_path / "a.parquet")
    with pytest.raises(InputError, match="which is not text"):
        read_sequences(tmp_path / "a.parquet")


@pytest.mark.parametrize("name", ["a.tsv", "a.fa", "a.json", "a.jsonl"])
def test_a_wrong_length_is_refused(tmp_path, name):
    contents = {
        "a.tsv": HEAD + "a\tACGT\nb\tACG\n",
        "a.fa": ">a\nACGT\n>b\nACG\n",
        "a.json": '{"a": "ACGT", "b": "ACG"}',
        "a.jsonl": '{"id": "a", "sequence": "ACGT"}\n{"id": "b", "sequence": "ACG"}\n',
    }
    path = put(tmp_path, name, contents[name])
    assert len(read_sequences(path)[0]) == 2
    with pytest.raises(InputError, match=r"\('b'\) has 3 bp: wrong length for the layout"):
        read_sequences(path, length=4)


@pytest.mark.parametrize(
    ("name", "content", "size"),
    [("a.tsv", HEAD + "a\t{}", 100), ("a.fa", ">a\n{}", 11), ("a.jsonl", "{}", 11)],
)
def test_lines_of_many_megabytes_are_refused_without_fuss(tmp_path, name, content, size):
    before = csv.field_size_limit()
    bases = "ACGT" * (size * 250_000)
    if name == "a.jsonl":
        bases = json.dumps({"id": "a", "sequence": bases})
    path = put(tmp_path, name, content.format(bases))
    with pytest.raises(InputError, match=f"{MOST_BASES:,}") as caught:
        read_sequences(path)
    path.unlink()
    assert len(str(caught.value)) < 400
    assert csv.field_size_limit() == before


def test_a_sequence_of_a_megabase_is_read(tmp_path):
    before = csv.field_size_limit()
    found, _ = read(tmp_path, "a.tsv", f"{HEAD}a\t{'ACGT' * 250_000}\n")
    assert len(found[0].sequence) == 1_000_000
    assert csv.field_size_limit() == before


def test_long_ids_are_cut_in_errors(tmp_path):
    with pytest.raises(InputError) as caught:
        read(tmp_path, "a.fa", f">{'x' * 100_000}\nACN\n")
    assert len(str(caught.value)) < 400
