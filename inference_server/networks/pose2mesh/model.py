"""The whole of Pose2Mesh: a 2D pose lifted to 3D, and both together to a mesh (Choi 2020, figure 2)."""

import torch
from torch import Tensor, nn

from ...mesh_graphs.coarsening import MeshGraphs
from ...mesh_graphs.layers import LIFTER_WIDTH
from .graph_network import GraphNetwork
from .lifter import PoseLifter


class Pose2Mesh(nn.Module):
    def __init__(self, graphs: MeshGraphs, lifter_width: int = LIFTER_WIDTH) -> None:
        super().__init__()
        self.pose_lifter = PoseLifter(len(graphs.joints), lifter_width)
        self.pose2mesh = GraphNetwork(graphs)
        self.register_buffer("places", torch.from_numpy(graphs.places), persistent=False)

    def forward(self, pose: Tensor) -> tuple[Tensor, Tensor]:
        """(B, J, 2) standardised 2D pose -> vertices (B, V, 3) in metres, in the mesh's own order, and the lifted
        pose (B, J, 3) in millimetres. The vertices' losses do not reach the lifter.
        """
        lifted = self.pose_lifter(pose)
        mesh = self.pose2mesh(torch.cat([pose, lifted.detach() / 1000], dim=2))
        return mesh[:, self.places], lifted
