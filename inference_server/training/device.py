"""Where a training runs, and with how many digits."""

import torch

from ..errors import RecoveryError


def choose_device(name: str) -> torch.device:
    """ "auto", "cpu" or "cuda"; raises RecoveryError("device") where there is no such device."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda" and not torch.cuda.is_available():
        message = "PyTorch finds no CUDA device here."
        raise RecoveryError("device", message, "Use --device cpu, or install PyTorch for CUDA.")
    return torch.device(name)


def half_precision(device: torch.device) -> torch.autocast:
    """Half the digits for the layers within: float16 on CUDA, which wants a GradScaler; on a CPU that computes with
    bfloat16, that; on others all digits.
    """
    if device.type == "cuda":
        return torch.autocast("cuda", torch.float16)
    return torch.autocast("cpu", torch.bfloat16, enabled=torch.cpu._is_avx512_bf16_supported())
