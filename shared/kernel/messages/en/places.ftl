# Places
AREA_UNKNOWN = There is no division with the code { $area }
PLACE_UNKNOWN = There is no division named “{ $place }” within the area
PLACE_AMBIGUOUS = Several divisions have this name; add the name of the level above: { $candidates }
AREA_DIFFERS = Note: the place on the form is not the household's division on that day; the form's place was kept
AREA_OUTSIDE_HEADER = This row lies outside the area of this import ({ $area })
AREA_LEVEL_WRONG = The division is of the wrong level; expected: { $expected }
DIVISION_PARENT_MISSING = The division above ({ $parent }) does not exist on that day
