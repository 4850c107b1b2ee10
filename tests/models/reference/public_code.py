"""The graph of the contrastive methods' public code, and its names of ST-GCN's layers."""
from hico_mm.datasets.layouts import get_parents

EDGES = [(joint, parent) for joint, parent in enumerate(get_parents('nturgb+d')) if joint != parent]
GRAPH = dict(layout=dict(num_node=25, inward=EDGES, center=20), mode='stgcn_spatial')
# Public name of a module -> ours.
NAMES = [(r'edge_importance\.(\d+)', r'gcn.\1.gcn.PA'),
         (r'st_gcn_networks\.(\d+)\.gcn\.conv', r'gcn.\1.gcn.conv'),
         (r'st_gcn_networks\.(\d+)\.tcn\.0', r'gcn.\1.gcn.bn'),
         (r'st_gcn_networks\.(\d+)\.tcn\.2', r'gcn.\1.tcn.conv'),
         (r'st_gcn_networks\.(\d+)\.tcn\.3', r'gcn.\1.tcn.bn'),
         (r'st_gcn_networks\.(\d+)\.residual\.0', r'gcn.\1.residual.conv'),
         (r'st_gcn_networks\.(\d+)\.residual\.1', r'gcn.\1.residual.bn')]

