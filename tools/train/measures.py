"""What results are measured by: colourfulness, and how close predictions come to photographs."""
import numpy as np
import torch

NEUTRAL, STAYS = 4.0, 8.0  # a pixel of less true chroma than NEUTRAL stays neutral if it gets less than STAYS


def colourfulness(rgb):
    """Hasler and Suesstrunk 2003, for sRGB 0..1 [N, 3, H, W], in 0..255 units: [N]. The roots have a gradient for grey pictures too."""
    red, green, blue = (rgb * 255).unbind(1)
    rg, yb = red - green, (red + green) / 2 - blue

    def length(one, other):
        return torch.sqrt(one + other + 1e-4)

    deviation = length(rg.var((1, 2), unbiased=False), yb.var((1, 2), unbiased=False))
    return deviation + 0.3 * length(rg.mean((1, 2)) ** 2, yb.mean((1, 2)) ** 2)


class Measures:
    """Sums of errors over held-out photographs, of predictions [N, 2, h, w] against the truth."""

    def __init__(self):
        self.squared, self.grey, self.chroma, self.true_chroma, self.neutral, self.kept = [], [], [], [], 0.0, 0.0

    def add(self, ab, truth):
        chroma, true_chroma = ab.norm(dim=1), truth.norm(dim=1)
        self.squared += (ab - truth).pow(2).mean((1, 2, 3)).tolist()
        self.grey += truth.pow(2).mean((1, 2, 3)).tolist()
        self.chroma += chroma.mean((1, 2)).tolist()
        self.true_chroma += true_chroma.mean((1, 2)).tolist()
        neutral = true_chroma < NEUTRAL
        self.neutral += neutral.sum().item()
        self.kept += (neutral & (chroma < STAYS)).sum().item()

    def result(self):
        """Errors relative to grey (over all pixels, and mean over photographs), mean chroma relative to the truth, and the fractions of
        photographs closer than grey and of neutral pixels that stay neutral."""
        squared, grey = np.array(self.squared), np.array(self.grey)
        return {'rmse_over_grey': float(np.sqrt(squared.sum() / grey.sum())), 'rmse_mean': float(np.sqrt(squared).sum() / np.sqrt(grey).sum()),
                'chroma_ratio': sum(self.chroma) / sum(self.true_chroma), 'nearer': float((squared < grey).mean()),
                'neutral_kept': self.kept / max(self.neutral, 1)}
