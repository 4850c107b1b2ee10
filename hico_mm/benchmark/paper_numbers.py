"""What the paper reports for HiCo in Tables 1 to 6; Figures 3 and 4 print no numbers."""

# Task and labelled fraction of the columns below. Tables 1, 3 and 4 are linear evaluations, Table 2 is
# retrieval, Table 5 is transfer to PKU-MMD II, and Table 6 has 1 % and 10 % of the labels.
COLUMNS = (('linear', None), ('knn', None), ('finetune', None), ('semi', 0.01), ('semi', 0.1))
# Top-1 in percent, None without a number; what is left out at the end of a row has none either.
TABLE = dict(
    # Tables 1 and 2: encoders and data sets; the last row of Table 4 is hico_ntu60 again.
    hico_ntu60_gru=(80.6, 67.9),
    hico_ntu60_xview_gru=(88.6, 84.4),
    hico_ntu120_gru=(72.5, 55.9),
    hico_ntu120_xset_gru=(73.8, 58.7),
    hico_pku1_gru=(88.9, ),
    hico_pku2_gru=(52.2, ),
    hico_ntu60_lstm=(81.4, 66.9),
    hico_ntu60_xview_lstm=(88.8, 84.3),
    hico_ntu120_lstm=(73.7, 56.3),
    hico_ntu120_xset_lstm=(74.5, 59.1),
    hico_pku1_lstm=(89.4, ),
    hico_pku2_lstm=(54.7, ),
    hico_ntu60=(81.1, 68.3, None, 54.4, 73.0),
    hico_ntu60_xview=(88.6, 84.8, None, 54.8, 78.3),
    hico_ntu120=(72.8, 56.6),
    hico_ntu120_xset=(74.1, 59.1),
    hico_pku1=(89.3, ),
    hico_pku2=(49.4, ),
    # Table 3: branches.
    hico_ntu60_temporal=(78.0, ),
    hico_ntu60_xview_temporal=(84.9, ),
    hico_ntu60_spatial=(76.1, ),
    hico_ntu60_xview_spatial=(84.3, ),
    # Table 4: levels of the contrast. Its first row is the last one of Table 3.
    hico_ntu60_instance=(79.8, ),
    hico_ntu60_xview_instance=(87.0, ),
    hico_ntu60_instance_domain=(80.7, ),
    hico_ntu60_xview_instance_domain=(88.4, ),
    # Table 5.
    hico_pku1_to_pku2=(None, None, 53.4),
    hico_ntu60_to_pku2=(None, None, 56.3),
)
# (config, task, labelled fraction) -> top-1 in percent.
PAPER_NUMBERS: dict[tuple[str, str, float | None], float] = {
    (config, *column): number for config, numbers in TABLE.items()
    for column, number in zip(COLUMNS, numbers, strict=False) if number is not None}


def tasks_of_the_paper(config: str) -> list[str]:
    """List the tasks for which the paper has a number; linear and knn if it has none for the config."""
    return list(dict.fromkeys(
        task for name, task, _ in PAPER_NUMBERS if name == config)) or ['linear', 'knn']
