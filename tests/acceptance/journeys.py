"""Journeys and places of the tests, beside those of the story."""

from dataclasses import replace

from schemas.messages import Place
from scripts.desk import Journey, court_time
from scripts.story.props import FIRST_PLAN

THIS_AFTERNOON = Journey(
    service="G521",
    origin="石家庄",
    destination="北京西",
    departs=court_time(2, 25, 12, 40),
    arrives=court_time(2, 25, 13, 50),
    coach="8",
    seat="4F座",
)
"""At noon on 25 February its act-from is past: a ticket for it is imminent."""

SATURDAY_NEW_SEAT = replace(FIRST_PLAN, coach="9", seat="2上")
SATURDAY_LATER = replace(FIRST_PLAN, service="Z12", arrives=court_time(2, 28, 9, 30), coach="3", seat="1下")
"""Another train to the same place on the same morning."""
SUNDAY = replace(
    FIRST_PLAN,
    service="Z4",
    departs=court_time(2, 28, 21, 3),
    arrives=court_time(3, 1, 7, 20),
    coach="2",
    seat="5下",
)
RETURN = Journey(
    service="Z37",
    origin="北京西",
    destination="武昌",
    departs=court_time(2, 28, 20, 53),
    arrives=court_time(3, 1, 6, 48),
    coach="11",
    seat="8中",
)

WUCHANG_GATE = Place(name="武昌", city="武汉", detail="进站闸机")
BEIJING_GATE = Place(name="北京西", city="北京", detail="出站闸机")
INN = Place(name="西直门如归旅店", city="北京")
AIRPORT = Place(name="首都机场T3", city="北京")
WUHAN_INN = Place(name="汉口如家旅店", city="武汉")
