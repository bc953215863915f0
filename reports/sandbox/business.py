"""The made-up business in Riyadh that the sample's deals are of."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from random import Random

from reports.sandbox.records import Agent

SEED = "voxys"


@dataclass(frozen=True, slots=True)
class Line:
    """How the deals of one pipeline behave; its stages are four steps while a deal is open, then Won and Lost.

    It gets `weekly` deals a week, wins `win_rate` of them, and half of those won take more than `cycle` days and are
    worth more than `value`.
    """

    pipeline_id: int
    name: str
    description: str
    color: str
    weekly: float
    win_rate: float
    cycle: float
    value: float
    steps: tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Seller:
    """An agent: how much of each pipeline is theirs, and how well they sell."""

    agent: Agent
    shares: tuple[float, float, float]
    skill: float


LINES = (
    Line(
        pipeline_id=1,
        name="New business",
        description="Companies that buy for the first time",
        color="#2F6FED",
        weekly=44,
        win_rate=0.21,
        cycle=26,
        value=17_000,
        steps=("New", "Qualified", "Proposal", "Negotiation"),
    ),
    Line(
        pipeline_id=2,
        name="Renewals",
        description="Contracts that come up again",
        color="#1E9E6A",
        weekly=19,
        win_rate=0.54,
        cycle=15,
        value=22_000,
        steps=("Upcoming", "Contacted", "Quoted", "Legal review"),
    ),
    Line(
        pipeline_id=3,
        name="Partners",
        description="What resellers and integrators bring",
        color="#C7782B",
        weekly=25,
        win_rate=0.27,
        cycle=36,
        value=11_500,
        steps=("Referred", "Accepted", "Joint demo", "Terms"),
    ),
)

SELLERS = (
    Seller(Agent(1, "نورة القحطاني", "noura@example.com", "https://example.com/avatars/1.png"), (5, 2, 1), 1.25),
    Seller(Agent(2, "Omar Haddad", "omar@example.com", None), (6, 0, 2), 1.0),
    Seller(Agent(3, "فهد العتيبي", "fahad@example.com", "https://example.com/avatars/3.png"), (4, 1, 3), 0.85),
    Seller(Agent(4, "Lina Mansour", "lina@example.com", None), (3, 5, 0), 1.15),
    Seller(Agent(5, "سارة الزهراني", "sarah@example.com", None), (1, 6, 1), 1.05),
    Seller(Agent(6, "Daniel Reyes", "daniel@example.com", None), (2, 0, 6), 1.1),
    Seller(Agent(7, "Yousef Al-Amin", "yousef@example.com", None), (4, 1, 2), 0.75),
    Seller(Agent(8, "ريم الدوسري", "reem@example.com", None), (2, 1, 4), 0.95),
)
SHARES = tuple(tuple(accumulate(seller.shares[place] for seller in SELLERS)) for place in range(len(LINES)))

LATIN = (
    *("Alwadi Foods", "Bayan Clinics", "Corniche Hotels", "Dune Logistics", "Eastgate Pharma", "Falaj Water"),
    *("Garnet Retail", "Hamra Contracting", "Ibex Outdoor", "Jasmine Schools", "Kestrel Freight", "Lateen Marine"),
    *("Marjan Media", "Nakhla Farms", "Oryx Dental", "Palmline Homes", "Qamar Lighting", "Redsand Energy"),
    *("Sidra Textiles", "Tamarind Kitchens", "Umber Design", "Vantage Motors", "Wasl Telecom", "Zenith Gyms"),
)
ARABIC = (
    *("شركة رمال التجارية", "مؤسسة الغيمة البيضاء", "مجموعة سنابل الخير", "مصنع البرج الأخضر", "عيادات نبض الحياة"),
    *(
        "شركة درب السفر",
        "مطاعم ليالي الديرة",
        "مكتبة الحبر والورق",
        "شركة موج للشحن",
        "أكاديمية خطوة",
        "متاجر الواحة الذكية",
    ),
    *("شركة أفق البناء", "مركز واحة الأسنان", "شركة نسيم للتكييف"),
)
COMPANIES = tuple(Random(SEED).sample(LATIN + ARABIC, len(LATIN) + len(ARABIC)))  # noqa: S311  # not a secret
LATIN_PRODUCTS = ("Starter plan", "Growth plan", "Annual licence", "Onboarding", "Support contract", "Extra seats")
ARABIC_PRODUCTS = ("الباقة الأساسية", "باقة النمو", "رخصة سنوية", "خدمات التهيئة", "عقد دعم", "مقاعد إضافية")
CURRENCY = "SAR"
