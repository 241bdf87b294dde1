"""sRGB <-> CIE L*a*b* (D65) on tensors, and the scalings that the networks use."""
import torch

TO_XYZ = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750), (0.0193339, 0.1191920, 0.9503041))
WHITE = (0.95047, 1.0, 1.08883)
CHROMA_SCALE = 128.0
DELTA = 6.0 / 29.0


def _matrix(like):
    """sRGB (linear) -> XYZ relative to the white point."""
    rows = torch.tensor(TO_XYZ, dtype=like.dtype, device=like.device)
    return rows / torch.tensor(WHITE, dtype=like.dtype, device=like.device)[:, None]


def _mix(matrix, channels):
    """matrix [3, 3] times channels [N, 3, H, W]; without einsum, which autocast would run in bfloat16."""
    return torch.stack([(channels * row.view(1, 3, 1, 1)).sum(1) for row in matrix], 1)


def rgb_to_lab(rgb):
    """sRGB in 0..1, [N, 3, H, W] -> L* (0..100), a*, b* as [N, 3, H, W]."""
    linear = torch.where(rgb <= 0.04045, rgb / 12.92, ((rgb.clamp(min=0.04045) + 0.055) / 1.055) ** 2.4)
    xyz = _mix(_matrix(rgb), linear)
    f = torch.where(xyz > DELTA ** 3, xyz.clamp(min=1e-6) ** (1 / 3), xyz / (3 * DELTA ** 2) + 4.0 / 29.0)
    x, y, z = f.unbind(1)
    return torch.stack((116 * y - 16, 500 * (x - y), 200 * (y - z)), 1)


def lab_to_linear(lab):
    """L*a*b* [N, 3, H, W] -> linear sRGB, not clipped."""
    y = (lab[:, 0] + 16) / 116
    f = torch.stack((y + lab[:, 1] / 500, y, y - lab[:, 2] / 200), 1)
    xyz = torch.where(f > DELTA, f ** 3, 3 * DELTA ** 2 * (f - 4.0 / 29.0))
    return _mix(torch.linalg.inv(_matrix(lab)), xyz)


def lab_to_rgb(lab, steps=8):
    """L*a*b* -> sRGB in 0..1. Outside the gamut the chroma is reduced (by bisection), never L*."""
    def inside(scale):
        linear = lab_to_linear(torch.cat((lab[:, :1], lab[:, 1:] * scale), 1))
        return ((linear > -1e-4) & (linear < 1 + 1e-4)).all(1, keepdim=True)

    low, high = torch.zeros_like(lab[:, :1]), torch.ones_like(lab[:, :1])
    low = torch.where(inside(high), high, low)
    for _ in range(steps):
        middle = (low + high) / 2
        good = inside(middle)
        low, high = torch.where(good, middle, low), torch.where(good, high, middle)
    linear = lab_to_linear(torch.cat((lab[:, :1], lab[:, 1:] * low), 1)).clamp(0, 1)
    return torch.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear.clamp(min=0.0031308) ** (1 / 2.4) - 0.055)


def ciede2000(one, other):
    """The colour difference CIEDE2000 (Sharma, Wu and Dalal 2005, with weights 1) of L*a*b* [N, 3, H, W] -> [N, H, W]."""
    (l1, a1, b1), (l2, a2, b2) = one.unbind(1), other.unbind(1)
    mean_chroma = (torch.hypot(a1, b1) + torch.hypot(a2, b2)) / 2
    seventh = mean_chroma ** 7
    grow = 1.5 - 0.5 * torch.sqrt(seventh / (seventh + 25.0 ** 7))
    a1, a2 = a1 * grow, a2 * grow
    c1, c2 = torch.hypot(a1, b1), torch.hypot(a2, b2)
    h1, h2 = (torch.rad2deg(torch.atan2(b, a)) % 360 for a, b in ((a1, b1), (a2, b2)))
    coloured = c1 * c2 > 0
    turn = h2 - h1
    turn = torch.where(turn > 180, turn - 360, torch.where(turn < -180, turn + 360, turn)) * coloured
    hue_step = 2 * torch.sqrt(c1 * c2) * torch.sin(torch.deg2rad(turn / 2))
    total = h1 + h2
    far = (h1 - h2).abs() > 180
    hue = torch.where(coloured, torch.where(far, torch.where(total < 360, total + 360, total - 360), total) / 2, total)

    def cosine(degrees):
        return torch.cos(torch.deg2rad(degrees))

    tint = 1 - 0.17 * cosine(hue - 30) + 0.24 * cosine(2 * hue) + 0.32 * cosine(3 * hue + 6) - 0.20 * cosine(4 * hue - 63)
    lightness, chroma = (l1 + l2) / 2 - 50, (c1 + c2) / 2
    seventh = chroma ** 7
    turned = -torch.sin(torch.deg2rad(60 * torch.exp(-((hue - 275) / 25) ** 2))) * 2 * torch.sqrt(seventh / (seventh + 25.0 ** 7))
    dl = (l2 - l1) / (1 + 0.015 * lightness ** 2 / torch.sqrt(20 + lightness ** 2))
    dc, dh = (c2 - c1) / (1 + 0.045 * chroma), hue_step / (1 + 0.015 * chroma * tint)
    return torch.sqrt((dl ** 2 + dc ** 2 + dh ** 2 + turned * dc * dh).clamp(min=0))
