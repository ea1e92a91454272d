"""From the joints to the vertices, coarse to fine: MeshNet (Choi 2020, section 4.2)."""

from collections.abc import Iterator

import numpy as np
import torch
from scipy.sparse import csr_array
from torch import Tensor, nn
from torch.nn import functional

from ...mesh_graphs.coarsening import MeshGraphs
from ...mesh_graphs.layers import CHANNELS, LAYERS, ORDER


class GraphNetwork(nn.Module):
    """`cl` are the layers of the Chebyshev convolutions, `bn` their batch norms; the last layer has none."""

    def __init__(self, graphs: MeshGraphs) -> None:
        super().__init__()
        # coarsest first, as they are gone through; they are made of the faces, and so in no checkpoint
        self.level_count = len(graphs.network_sizes)
        for level, values in enumerate(reversed(graphs.laplacians[: self.level_count])):
            self.register_buffer(f"laplacian{level}", _sparse(values), persistent=False)
        self.register_buffer("joint_laplacian", _sparse(csr_array(graphs.joints)), persistent=False)
        self.coarsest = graphs.network_sizes[-1]
        self.fc = nn.Linear(len(graphs.joints) * CHANNELS[0][-1], self.coarsest * CHANNELS[1][0])
        self.cl = nn.ModuleList(nn.Linear(ORDER * before, after) for before, after in LAYERS)
        self.bn = nn.ModuleList(nn.BatchNorm1d(after) for _, after in LAYERS[:-1])
        for layer in self.cl:
            assert isinstance(layer, nn.Linear)
            nn.init.xavier_uniform_(layer.weight, gain=3**-0.5)
            nn.init.zeros_(layer.bias)

    def forward(self, joints: Tensor) -> Tensor:
        """(B, J, 5) the 2D pose, and the lifted pose in metres -> (B, N, 3) metres, in the order of level 0."""
        layers = iter(range(len(self.cl)))
        features = self._block(joints, self.get_buffer("joint_laplacian"), layers, CHANNELS[0])
        features = self.fc(features.flatten(1)).view(len(joints), self.coarsest, -1)
        for level in range(self.level_count):
            if level:
                features = features.repeat_interleave(2, dim=1)
            inner = self._block(features, self.get_buffer(f"laplacian{level}"), layers, CHANNELS[1 + level])
            # the input is led around the block, its channels interpolated to as many as come out
            features = inner + functional.interpolate(features, size=inner.shape[2], mode="linear")
        finest = self.get_buffer(f"laplacian{self.level_count - 1}")
        return self._block(features, finest, layers, CHANNELS[-1])

    def _block(
        self, features: Tensor, laplacian: Tensor, layers: Iterator[int], channels: tuple[int, ...]
    ) -> Tensor:
        """As many layers as `channels` has steps: (B, N, channels[0]) -> (B, N, channels[-1])."""
        for _ in channels[1:]:
            number = next(layers)
            features = self.cl[number](chebyshev(features, laplacian))
            if number < len(self.bn):
                features = functional.relu(self.bn[number](features.flatten(0, 1)).view_as(features))
        return features


def chebyshev(features: Tensor, laplacian: Tensor) -> Tensor:
    """(B, N, F) and (N, N) -> (B, N, 3 F): each feature x, L x and 2 L L x - x (Defferrard 2016, equation 5)."""
    count, nodes, width = features.shape
    flat = features.permute(1, 2, 0).reshape(nodes, -1)
    once = torch.sparse.mm(laplacian, flat)
    twice = 2 * torch.sparse.mm(laplacian, once) - flat
    basis = torch.stack([flat, once, twice], dim=1).view(nodes, ORDER, width, count)
    return basis.permute(3, 0, 2, 1).reshape(count, nodes, width * ORDER)


def _sparse(values: csr_array) -> Tensor:
    entries = values.tocoo()
    places = torch.from_numpy(np.stack([entries.row, entries.col]).astype(np.int64))
    data = torch.from_numpy(entries.data.astype(np.float32))
    return torch.sparse_coo_tensor(places, data, entries.shape, check_invariants=True).coalesce()
