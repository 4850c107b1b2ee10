"""What has been published: for HiCo in Tables 1 to 6 of the paper, for other methods where it says.

Figures 3 and 4 of the paper print no numbers.
"""

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
    # SkeletonCLR: README of github.com/LinguoLi/CrosSCLR; NTU-120 at second hand, README of
    # github.com/Yingfei-Wu/Awesome-Self-supervised-Skeleton-based-Action-Recognition.
    skeletonclr_ntu60=(68.3, ),
    skeletonclr_ntu60_xview=(76.4, ),
    skeletonclr_ntu120=(56.8, ),
    skeletonclr_ntu120_xset=(55.9, ),
    # CrosSCLR, three streams: the same README for NTU, the paper's Table 1 for PKU-MMD and its Table 6
    # for 10 % of the labels, which does not say of how many streams. Table 1 has one stream for NTU.
    crossclr_ntu60=(77.8, None, None, None, 67.6),
    crossclr_ntu60_xview=(83.4, None, None, None, 73.5),
    crossclr_ntu120=(67.9, ),
    crossclr_ntu120_xset=(66.7, ),
    crossclr_pku1=(84.9, ),
    crossclr_pku2=(21.2, ),
    crossclr_ntu60_joint=(72.9, ),
    crossclr_ntu60_xview_joint=(79.9, ),
    # AimCLR: the paper's Tables 1 and 2; other streams and PKU-MMD I are the models that the authors
    # released, README of github.com/Levigty/AimCLR. For PKU-MMD Table 1 has three streams.
    aimclr_ntu60=(74.3, 62.0),
    aimclr_ntu60_xview=(79.7, ),
    aimclr_ntu60_motion=(68.7, ),
    aimclr_ntu60_bone=(71.9, ),
    aimclr_ntu60_xview_motion=(71.8, ),
    aimclr_ntu60_xview_bone=(77.0, ),
    aimclr_ntu120=(63.4, ),
    aimclr_ntu120_xset=(63.4, ),
    aimclr_pku1=(83.4, ),
    aimclr_pku1_motion=(72.0, ),
    aimclr_pku1_bone=(82.0, ),
    # ISC: result tables in github.com/fmthoker/skeleton-contrast, for transfer the paper's Table 5.
    isc_ntu60=(76.3, 62.5),
    isc_ntu60_xview=(85.2, 82.6),
    isc_ntu120=(67.1, 50.6),
    isc_ntu120_xset=(67.9, 52.3),
    isc_pku1=(80.9, ),
    isc_pku2=(36.0, ),
    isc_pku1_to_pku2=(None, None, 45.1),
    isc_ntu60_to_pku2=(None, None, 45.9),
    # AS-CAL: the paper's Table 1.
    ascal_ntu60=(58.5, ),
    ascal_ntu60_xview=(64.8, ),
    ascal_ntu120=(48.6, ),
    ascal_ntu120_xset=(49.2, ),
)
# (config, task, labelled fraction) -> top-1 in percent.
PAPER_NUMBERS: dict[tuple[str, str, float | None], float] = {
    (config, *column): number for config, numbers in TABLE.items()
    for column, number in zip(COLUMNS, numbers, strict=False) if number is not None}


def tasks_of_the_paper(config: str) -> list[str]:
    """List the tasks for which the paper has a number; linear and knn if it has none for the config."""
    return list(dict.fromkeys(
        task for name, task, _ in PAPER_NUMBERS if name == config)) or ['linear', 'knn']
