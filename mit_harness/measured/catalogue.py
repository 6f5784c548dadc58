"""The data sets that can be fetched: where each lies, what it must hold, and under which terms."""

from dataclasses import dataclass

from mit_harness.errors import InputError, near


@dataclass(frozen=True)
class DataSet:
    """One published file.

    Attributes
    ----------
    name
        What it is called here.
    file_name
        Its name in the cache folder.
    url
        Where it lies.
    sha256
        Of the whole file, in hexadecimal.
    size
        Bytes.
    licence, licence_url
        The terms it is published under.
    citation, doi
        What to cite, and the page by which people find it.
    holds
        What is in it, in a sentence.
    """

    name: str
    file_name: str
    url: str
    sha256: str
    size: int
    licence: str
    licence_url: str
    citation: str
    doi: str
    holds: str


DATA_SETS = {
    found.name: found
    for found in (
        DataSet(
            name="lafleur2022",
            file_name="41467_2022_32829_MOESM6_ESM.xlsx",
            url="https://static-content.springer.com/esm/art%3A10.1038%2Fs41467-022-32829-5/"
            "MediaObjects/41467_2022_32829_MOESM6_ESM.xlsx",
            sha256="0e9547bac007fa2e249107ec1c477d6084891c61a36921af2afcb6bef476a00b",
            size=3513713,
            licence="CC BY 4.0",
            licence_url="https://creativecommons.org/licenses/by/4.0/",
            citation="La Fleur TL, Hossain A, Salis HM (2022). Automated model-predictive design "
            "of synthetic promoters to control transcriptional profiles in bacteria. Nature "
            "Communications 13:5159, supplementary data 6",
            doi="https://doi.org/10.1038/s41467-022-32829-5",
            holds="47,221 sigma70 promoters with measured and predicted transcription, in six "
            "sheets: La Fleur 5,391, Urtecho 10,898, Hossain 4,350, Pl 2,903, Pr 12,194, "
            "36N 11,485",
        ),
    )
}
"""Every data set, by name."""


def data_set(name: str) -> DataSet:
    """Return a data set.

    Raises
    ------
    InputError
        If there is none of that name.
    """
    if name not in DATA_SETS:
        raise InputError(f"there is no data set {name!r}{near(name, list(DATA_SETS))}")
    return DATA_SETS[name]
