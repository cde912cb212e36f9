# Tavlans texter på svenska. Syntax: https://projectfluent.org/fluent/guide/

language = Svenska

# Tal och tider. $form är en tid för sig (7 dagar, 4 tim), hur länge något varar (i 4 timmar) eller en
# period som slutar nu (senaste 7 dagarna).
count = { $count }
decimal-mark = ,
group-mark = {"\u00A0"}
percent = { $number }{"\u00A0"}%
unit-days = { $count ->
    [one] 1{"\u00A0"}{ $form ->
        [ending] dagen
       *[plain] dag
    }
   *[other] { $count }{"\u00A0"}{ $form ->
        [ending] dagarna
       *[plain] dagar
    }
}
unit-hours = { $count ->
    [one] 1{"\u00A0"}{ $form ->
        [lasting] timme
        [ending] timmen
       *[plain] tim
    }
   *[other] { $count }{"\u00A0"}{ $form ->
        [lasting] timmar
        [ending] timmarna
       *[plain] tim
    }
}
unit-minutes = { $count ->
    [one] 1{"\u00A0"}{ $form ->
        [lasting] minut
        [ending] minuten
       *[plain] min
    }
   *[other] { $count }{"\u00A0"}{ $form ->
        [lasting] minuter
        [ending] minuterna
       *[plain] min
    }
}
unit-seconds = { $count ->
    [one] 1{"\u00A0"}{ $form ->
        [lasting] sekund
        [ending] sekunden
       *[plain] s
    }
   *[other] { $count }{"\u00A0"}{ $form ->
        [lasting] sekunder
        [ending] sekunderna
       *[plain] s
    }
}
under-a-second = mindre än 1{"\u00A0"}s
more-than = över { $wait }
working-days = { $count ->
    [one] 1{"\u00A0"}arbetsdag
   *[other] { $count }{"\u00A0"}arbetsdagar
}
# Samma sak efter ”mer än”.
working-days-limit = { $count ->
    [one] 1{"\u00A0"}arbetsdag
   *[other] { $count }{"\u00A0"}arbetsdagar
}
of-open-time = { $time } öppettid
of-calendar-time = { $time } kalendertid
under-percent = under { $percent }
weekday = { $number ->
    [1] mån
    [2] tis
    [3] ons
    [4] tors
    [5] fre
    [6] lör
   *[7] sön
}
month = { $number ->
    [1] jan
    [2] feb
    [3] mars
    [4] apr
    [5] maj
    [6] juni
    [7] juli
    [8] aug
    [9] sep
    [10] okt
    [11] nov
   *[12] dec
}
instant = { $weekday } { $day } { $month } { $hour-padded }:{ $minute }
instant-of-year = { $weekday } { $day } { $month } { $year } { $hour-padded }:{ $minute }
date = { $day } { $month } { $year }

# På alla sidor.
title = Svarstider
as-of = Läget { $at } ({ $zone })
languages = Språk
you-are-here = Du är här
legend-bar = Den fyllda delen av stapeln visar hur stor andel av ärendena som klarades i tid. Strecket tvärs över är den avtalade nivån.
legend-trouble = Team som har det svårt kommer först: de som inte når sin nivå, sedan de som är i riskzonen, sedan ärenden som ingen har åtagit sig att svara på. Inom varje grupp står de i bokstavsordning, hela organisationen sist.
legend-order = Teamen står i bokstavsordning.
legend-refresh = Sidan håller sig själv aktuell.

# Startsidan.
order = Ordning
order-trouble = Problem först
order-name = A–Ö
to-team = Teamets sida
overview-why = { $measure }: { $reason }, { $window }
overview-agreed = avtalat { $agreed }
overview-over = { $count } över { $limit }
overview-longest = längsta väntan
overview-nobody-waits = ingen väntar
overview-waits-too-long = Väntar för länge
overview-not-agreed = Ingen nivå är avtalad än.
overview-not-agreed-waits = Ingen nivå är avtalad, och { $count ->
    [one] 1 kund väntar
   *[other] { $count } kunder väntar
} på svar. Någon har väntat för länge.
overview-unclaimed = { $count ->
    [0] Här väntar ingen.
    [one] 1 kund väntar, och inget team har ärendet.
   *[other] { $count } kunder väntar, och inget team har ärendena.
}
overview-unclaimed-waits = { $count ->
    [one] 1 kund väntar, och inget team har ärendet.
   *[other] { $count } kunder väntar, och inget team har ärendena.
} Någon har väntat för länge.

# När uppgifterna inte går att lita på.
frozen-title = Uppgifterna är inte aktuella
frozen-kept = Färger och siffror visar läget { $at }. De ändras inte förrän uppgifterna är aktuella igen.
frozen-reading = Teamen visas när alla händelser har lästs in.
not-ready-starting = Vaste har just startat.
not-ready-trouble = Vaste får inga nya händelser just nu.
not-ready-unknown = Vaste får inga händelser än.
not-ready-elsewhere = Vaste får bara en del av händelserna just nu.
not-ready-behind = Vaste läser fortfarande in tidigare händelser.
not-ready-full = Det finns fler öppna ärenden än Vaste får plats med. Nya ärenden räknas inte.
not-ready-jumped = Klockan i Vastes dator har plötsligt ändrats. Vaste väntar på att se vilken tid som är rätt.
not-ready-overloaded = Vaste är för långsamt just nu. Datorn kan ha för mycket att göra.

# Läget för ett mål.
state-met = Nås
state-at-risk = I riskzonen
state-missed = Nås inte
state-insufficient-data = För lite underlag
state-frozen = Inte aktuellt
state-reading = Uppgifter läses in
state-not-agreed = Ingen avtalad nivå
state-unclaimed = Utan ansvarigt team
state-as-of = { $state } (läget { $at })
behind-market = Ligger efter andra
pauses-never = Avtalat för det här målet: klockan stannar aldrig.
pauses-pending = Avtalat för det här målet: klockan stannar medan ärendet väntar på kunden.
pauses-on-hold = Avtalat för det här målet: klockan stannar medan ärendet väntar på tredje part.
pauses-both = Avtalat för det här målet: klockan stannar medan ärendet väntar på kunden eller på tredje part.

# Läget för ett team: målen som har det sämsta läget.
team-met = { $count ->
    [one] Målet nås
    [2] Båda målen nås
   *[other] Alla { $count } mål nås
}
team-at-risk = { $count ->
    [one] 1 mål är i riskzonen
   *[other] { $count } mål är i riskzonen
}
team-missed = { $count ->
    [one] 1 mål nås inte
   *[other] { $count } mål nås inte
}
team-insufficient-data = { $count ->
    [one] För lite underlag för 1 mål
   *[other] För lite underlag för { $count } mål
}
team-not-agreed-why = Teamets svarstider mäts, och teamet har en egen sida, även om ingen nivå är avtalad än.
unclaimed = Utan ansvarigt team
unclaimed-why = Ärenden som inte har något team, eller vars team saknar avtalsfil. De visas här så att ingen glömmer bort dem.
organisation = Hela organisationen

# Vad som mäts.
measure = { $measure ->
    [first_reply] Första svar
    [next_reply] Nästa svar
    [update] Lägesbesked
    [customer_wait] Kundens väntan
    [agent_work] Handläggningstid
    [resolution] Lösning
    [ownership] Tid hos teamet
    [contacts] Kontakter
   *[first_resolution] Första lösning
}
measure-explained = { $measure ->
    [first_reply] Tiden från kundens första meddelande till det första svaret från en medarbetare.
    [next_reply] Tiden från kundens äldsta obesvarade meddelande till nästa svar från en medarbetare.
    [update] Tiden från ett svar från en medarbetare till nästa. Tid då ärendet väntade på kunden räknas inte.
    [customer_wait] Tiden från att ärendet skapades tills det är löst. Tid då ärendet väntade på kunden räknas inte.
    [agent_work] Tiden från att ärendet skapades tills det är löst. Tid då ärendet väntade på kunden eller på tredje part räknas inte.
    [resolution] Tiden från att ärendet skapades tills det är löst. Om det öppnas igen går klockan vidare tills det har lösts på nytt.
    [ownership] Tiden från att teamet får ärendet tills det lämnar teamet eller är löst. Tid då ärendet väntade på kunden räknas inte.
    [contacts] Hur många gånger kunden fick höra av sig igen innan ärendet var löst: meddelanden efter det första, och gånger som ärendet öppnades igen.
   *[first_resolution] Tiden från att ärendet skapades tills det är löst för första gången.
}

# Mål.
objective-within = { $measure ->
    [first_reply] Första svar inom { $target }
    [next_reply] Nästa svar inom { $target }
    [update] Lägesbesked inom { $target }
    [customer_wait] Kundens väntan högst { $target }
    [agent_work] Handläggningstid högst { $target }
    [resolution] Lösning inom { $target }
    [ownership] Tid hos teamet högst { $target }
    [contacts] Kontakter: högst { $target }
   *[first_resolution] Första lösning inom { $target }
}
objective-none-over = { $measure ->
    [first_reply] Ingen väntar mer än{"\u00A0"}{ $limit } på ett första svar
    [next_reply] Ingen väntar mer än{"\u00A0"}{ $limit } på nästa svar
    [update] Ingen väntar mer än{"\u00A0"}{ $limit } på ett lägesbesked
    [customer_wait] Ingen kund väntar mer än{"\u00A0"}{ $limit }
    [agent_work] Inget ärende tar mer än{"\u00A0"}{ $limit } att handlägga
    [ownership] Inget ärende ligger hos teamet mer än{"\u00A0"}{ $limit }
    [resolution] Ingen väntar mer än{"\u00A0"}{ $limit } på en lösning
   *[first_resolution] Ingen väntar mer än{"\u00A0"}{ $limit } på en första lösning
}
agreed-within = { $share } av ärendena { $measure ->
    [first_reply] får ett första svar inom { $target }
    [next_reply] får nästa svar inom { $target }
    [update] får ett lägesbesked inom { $target }
    [customer_wait] låter kunden vänta högst { $target }
    [agent_work] handläggs inom { $target }
    [resolution] löses inom { $target }
    [ownership] ligger hos teamet högst { $target }
    [contacts] löses utan att kunden hör av sig igen fler gånger än { $target }
   *[first_resolution] löses för första gången inom { $target }
}, räknat på de { $window }. För en bedömning behövs minst { $minimum ->
    [one] 1 ärende
   *[other] { $minimum } ärenden
}.
agreed-none-over = { $measure ->
    [first_reply] Ingen väntar mer än{"\u00A0"}{ $limit } på ett första svar
    [next_reply] Ingen väntar mer än{"\u00A0"}{ $limit } på nästa svar
    [update] Ingen väntar mer än{"\u00A0"}{ $limit } på ett lägesbesked
    [customer_wait] Ingen kund väntar mer än{"\u00A0"}{ $limit }
    [agent_work] Inget ärende tar mer än{"\u00A0"}{ $limit } att handlägga
    [resolution] Ingen väntar mer än{"\u00A0"}{ $limit } på en lösning
    [ownership] Inget ärende ligger hos teamet mer än{"\u00A0"}{ $limit }
   *[first_resolution] Ingen väntar mer än{"\u00A0"}{ $limit } på en första lösning
}. Ett ärende som väntade längre och avslutades { $measure ->
    [first_reply] obesvarat
    [next_reply] obesvarat
    [update] utan lägesbesked
   *[other] olöst
} räknas med i { $length }.
agreed-unanswered = Av dem som avslutas får högst { $max } avslutas { $measure ->
    [first_reply] obesvarade
    [next_reply] obesvarade
    [update] utan lägesbesked
   *[other] olösta
}.
targets = { $target } ({ $others })
target-low = låg prioritet { $target }
target-normal = normal prioritet { $target }
target-high = hög prioritet { $target }
target-urgent = brådskande { $target }
window-last-hour = senaste 60{"\u00A0"}minuterna
window-last = senaste { $length }

# Varför målet har sitt läge.
share-of = { $share } av { $decided ->
    [one] 1 ärende
   *[other] { $decided } ärenden
} { $measure ->
    [contacts] inom gränsen
   *[other] i tid
}; avtalat { $agreed }
share-of-none = Inga ärenden att räkna än; avtalat { $agreed } { $measure ->
    [contacts] inom gränsen
   *[other] i tid
}
nobody-over = Ingen väntar mer än{"\u00A0"}{ $limit }
somebody-over = { $missed ->
    [one] 1 ärende väntade mer än{"\u00A0"}{ $limit }
   *[other] { $missed } ärenden väntade mer än{"\u00A0"}{ $limit }
}; { $waiting ->
    [0] inget väntar längre
   *[other] { $waiting } väntar ännu
}
below-minimum = för en bedömning behövs { $minimum } ärenden
spam-over-target = { $count ->
    [one] 1 över gränsen märktes som skräppost
   *[other] { $count } över gränsen märktes som skräppost
}
unanswered-line = { $share } { $measure ->
    [first_reply] fick inget svar
    [next_reply] fick inget svar
    [update] fick inget lägesbesked
   *[other] fick ingen lösning
}
unanswered-line-max = { $share } { $measure ->
    [first_reply] fick inget svar
    [next_reply] fick inget svar
    [update] fick inget lägesbesked
   *[other] fick ingen lösning
} (avtalat: högst { $max })
unanswered-of = { $unanswered } av { $ended } ({ $share })
history-too-short = Uppgifterna börjar först { $at }, efter periodens början
why-counts = { $missed ->
    [0] Inget av { $decided } ärenden är över tiden
    [one] 1 av { $decided } ärenden är över tiden
   *[other] { $missed } av { $decided } ärenden är över tiden
}, och nivån tillåter { $allowed }.
why-at-risk = Nivån nås, men de flesta överskridanden som den tillåter är redan förbrukade.
why-excess-spam = { $count ->
    [one] Nivån skulle nås, men 1 ärende över gränsen märktes som skräppost: det är fler överskridanden än nivån tillåter.
   *[other] Nivån skulle nås, men { $count } ärenden över gränsen märktes som skräppost: det är fler överskridanden än nivån tillåter.
}
why-unanswered = För många ärenden { $measure ->
    [first_reply] avslutades obesvarade
    [next_reply] avslutades obesvarade
    [update] avslutades utan lägesbesked
   *[other] avslutades olösta
}: { $share } av { $ended }, och avtalat är högst { $max }.
why-missed-certain = Nivån kommer säkert inte att nås: av { $minimum } ärenden blir för många sena, även om alla återstående klaras i tid.
why-few = För en bedömning behövs { $minimum } ärenden. Hittills finns { $decided }.
why-history = Uppgifterna börjar först { $at }, efter periodens början.
why-frozen = Ingen ny bedömning görs medan uppgifterna inte är aktuella.
why-none-over-met = Ingen väntar längre än avtalat.
why-none-over-missed = Någon har väntat längre än avtalat, och väntar fortfarande eller fick aldrig svar.

# Väntar nu.
waiting-now = { $measure ->
    [first_reply] Väntar på svar
    [next_reply] Väntar på svar
    [update] Väntar på lägesbesked
    [agent_work] Handläggs nu
    [ownership] Hos teamet nu
   *[other] Väntar på lösning
}
waiting-column = Väntar nu
longest-wait = Längsta väntan
waiting-caption = Väntar nu, efter vad som mäts
over-target-line = { $count } över tiden
due-soon-line = { $count } snart över tiden
nobody = ingen
wait-since = { $count }, längsta väntan { $wait } (sedan { $at })
nothing-yet = Inga ärenden de senaste { $length }: inget besvarat, inget som väntar och inget som avslutats obesvarat.
summary-answered = Senaste { $length }: { $measure ->
    [first_reply] { $answered ->
        [0] inga svar
       *[other] { $answered } svar
    }
    [next_reply] { $answered ->
        [0] inga svar
       *[other] { $answered } svar
    }
    [update] { $answered ->
        [0] inga lägesbesked
       *[other] { $answered } lägesbesked
    }
    [ownership] { $answered ->
        [0] inga vidarelämnade eller lösta
        [one] 1 vidarelämnat eller löst
       *[other] { $answered } vidarelämnade eller lösta
    }
   *[other] { $answered ->
        [0] inga lösta
        [one] 1 löst
       *[other] { $answered } lösta
    }
}
summary-half = { $measure ->
    [contacts] hälften med högst { $wait }
   *[other] hälften inom { $wait }
}
summary-most = { $measure ->
    [contacts] 90{"\u00A0"}% med högst { $wait }
   *[other] 90{"\u00A0"}% inom { $wait }
}

# Ett teams sida.
objectives = Mål
readings = Så länge väntar kunderna
times-are-open = Tiderna är öppettid.
readings-explained = Varje rad är en period som slutar nu. Median: hälften av ärendena gick snabbare, hälften långsammare. ”90 % inom”: nio av tio ärenden tog inte längre tid. ”Väntande medräknade” tar också med de ärenden som fortfarande väntar, så en växande kö syns direkt.
column-window = Period
column-answered = { $measure ->
    [first_reply] Besvarade
    [next_reply] Besvarade
    [update] Lägesbesked
    [ownership] Vidarelämnade eller lösta
   *[other] Lösta
}
column-half = Median
column-most = { $measure ->
    [contacts] 90{"\u00A0"}% högst
   *[other] 90{"\u00A0"}% inom
}
column-most-waiting = { $measure ->
    [contacts] 90{"\u00A0"}% högst, väntande medräknade
   *[other] 90{"\u00A0"}% inom, väntande medräknade
}
column-given-up = { $measure ->
    [first_reply] Avslutade obesvarade
    [next_reply] Avslutade obesvarade
    [update] Avslutade utan lägesbesked
   *[other] Avslutade olösta
}
too-few = för få ärenden väntade så länge ({ $count })
none = –
agreement = Avtalet
split-caption = Uppdelat, { $window }
column-split = Ärenden
split-priority = { $priority ->
    [low] låg prioritet
    [normal] normal prioritet
    [high] hög prioritet
    [urgent] brådskande
   *[none] utan prioritet
}
split-channel = kanal
split-channel-other = övriga kanaler
ratings = Betyg
row-rated = Kundernas betyg
row-reviewed = Bedömningar av hur ärenden sköttes
ratings-line = I snitt { $mean } av 5, { $count } betyg, { $window }

flags = Vad som ändrade siffrorna utan ett snabbare svar
flags-explained = Var och en av de här sakerna är ibland helt normal. De kan också få siffrorna att se bättre ut än servicen var, så titta på dem tillsammans. Period: { $window }.
flag-deleted = { $count ->
    [one] 1 väntande ärende raderades
   *[other] { $count } väntande ärenden raderades
}
flag-spam = { $count ->
    [one] 1 väntande ärende märktes som skräppost
   *[other] { $count } väntande ärenden märktes som skräppost
}
flag-no-reply-needed = { $count ->
    [one] 1 meddelande ansågs inte behöva något svar
   *[other] { $count } meddelanden ansågs inte behöva något svar
} ({ $share } av alla avslutade)
flag-reopened = { $count ->
    [one] 1 färdigt ärende öppnades igen och löstes sedan inte av samma team: om det var sent räknas det fortfarande som sent
   *[other] { $count } färdiga ärenden öppnades igen och löstes sedan inte av samma team: de som var sena räknas fortfarande som sena
}
flag-answered-before-created = { $count ->
    [one] 1 ärende hade fått svar redan innan det skapades, och räknas som besvarat direkt
   *[other] { $count } ärenden hade fått svar redan innan de skapades, och räknas som besvarade direkt
}
flag-answered-at-once = { $count ->
    [one] 1 svar kom inom 10 sekunder: skickades det automatiskt?
   *[other] { $count } svar kom inom 10 sekunder: skickades de automatiskt?
}
flag-answered-near-target = { $count ->
    [one] 1 svar kom precis innan tiden gick ut
   *[other] { $count } svar kom precis innan tiden gick ut
}
flag-answered-by-undeclared-team = { $count ->
    [one] 1 svar angav ett team utan avtal, och räknas till det team som har ärendet
   *[other] { $count } svar angav ett team utan avtal, och räknas till det team som har ärendet
}
flag-answered-by-other-team = { $count ->
    [one] 1 av teamets ärenden besvarades i ett annat teams namn: väntan räknas till det teamet
   *[other] { $count } av teamets ärenden besvarades i andra teams namn: väntan räknas till de teamen
}
flag-created-missing = { $count ->
    [one] 1 ärende bearbetades utan att det framgår när det skapades
   *[other] { $count } ärenden bearbetades utan att det framgår när de skapades
}
flag-created-late = { $count ->
    [one] 1 ärende skapades först när något redan hade hänt med det: tiden innan räknas inte
   *[other] { $count } ärenden skapades först när något redan hade hänt med dem: tiden innan räknas inte
}
flag-id-sent-twice = { $count ->
    [one] 1 händelse skickades två gånger med olika innehåll: den tidigare räknas
   *[other] { $count } händelser skickades två gånger med olika innehåll: de tidigare räknas
}
flag-made-by-agent = { $count ->
    [one] 1 ärende skapades av en medarbetare: inget första svar väntas förrän kunden skriver
   *[other] { $count } ärenden skapades av medarbetare: inget första svar väntas förrän kunden skriver
}
flag-merged-waiting = { $count ->
    [one] 1 väntande ärende slogs ihop med ett annat, och dess väntan fortsätter inte där
   *[other] { $count } väntande ärenden slogs ihop med andra, och deras väntan fortsätter inte där
}
flag-moved-waiting = { $count ->
    [one] 1 väntande ärende lämnades vidare till ett annat team
   *[other] { $count } väntande ärenden lämnades vidare till andra team
}
flag-paused = { $count ->
    [one] Klockan stoppades 1 gång
   *[other] Klockan stoppades { $count } gånger
}
flag-paused-unanswered = { $count ->
    [one] Klockan stoppades 1 gång medan kunden väntade på svar
   *[other] Klockan stoppades { $count } gånger medan kunden väntade på svar
}
flag-reopened-for-nothing = { $count ->
    [one] 1 gång öppnades ett ärende igen utan att räknas, eftersom meddelandet inte behövde något svar
   *[other] { $count } gånger öppnades ett ärende igen utan att räknas, eftersom meddelandet inte behövde något svar
}
flag-priority-lowered = { $count ->
    [one] 1 väntande ärende fick lägre prioritet
   *[other] { $count } väntande ärenden fick lägre prioritet
}
flag-wrote-after-solved = { $count ->
    [one] 1 kund skrev i ett löst ärende, som inte öppnades igen
   *[other] { $count } kunder skrev i lösta ärenden, som inte öppnades igen
}

# Ett måls sida.
heading-agreed = Vad som är avtalat
heading-state = Läget nu
row-why = Varför
row-share = { $measure ->
    [contacts] Inom gränsen
   *[other] I tid
}
row-level = Avtalad nivå
row-decided = Räknade ärenden
row-missed = { $measure ->
    [contacts] Över gränsen
   *[other] Över tiden
}
row-spam-over-target = Över gränsen när de märktes som skräppost
row-unanswered-max = Avtalat högst
row-allowed = Tillåtna överskridanden
row-left = Överskridanden kvar
row-overspent = Överskridanden för mycket
row-over-target = Väntar över tiden
row-due-soon = Snart över tiden
row-window = Period
row-agreed-on = Avtalat
row-look-again = Ses över
row-runbook = Instruktion
row-name = Namn i filen
row-hours = Öppettider
hours-of-each-team = varje teams egna
hours-of-unclaimed = för ärenden utan ansvarigt team
levels = Nivåer över tid
column-when = När
column-level = Nivå
in-force = gäller nu
before-day = före { $day }
since-then = därefter
level-within = { $share } { $measure ->
    [contacts] med högst { $target }
   *[other] inom { $target }
}, räknat på de { $window }, minst { $minimum ->
    [one] 1 ärende
   *[other] { $minimum } ärenden
}
level-unanswered = högst { $max } { $measure ->
    [first_reply] obesvarade
    [next_reply] obesvarade
    [update] utan lägesbesked
   *[other] olösta
}
level-none-over = ingen över { $limit }, räknat på de { $window }
levels-hours = Varje tid räknas efter de öppettider som gällde då.
heading-changes = Ändringar i avtalet
changes-explained = Vad som har ändrats i filerna, med den senaste ändringen först. Bedömningarna gäller de fyra veckorna före ändringen, enligt den tidigare och den nya texten.
change-loaded = Gäller från
change-new = Målet är nytt: inget tidigare avtal hade ett mål med det här namnet.
change-looser = mindre strängt
change-verdicts = Bedömningar enligt båda texterna
change-pending = Bedömningarna enligt båda texterna räknas ut när uppgifterna är aktuella.
change-not-computed = Bedömningarna enligt båda texterna kunde inte räknas ut här. Den som har händelserna får dem med det här kommandot:
column-setting = Inställning
column-former = Före
column-present = Efter
change-verdict = { $state }: { $missed } av { $decided ->
    [one] 1 ärende
   *[other] { $decided } ärenden
} över gränsen
change-verdict-limit = { $state }: { $missed ->
    [one] 1 ärende
   *[other] { $missed } ärenden
} över gränsen
allowed-among = { $allowed } av { $of } ärenden
agreed-on = { $date }, av { $count ->
    [one] 1 person
   *[other] { $count } personer
}
decided-explained = { $measure ->
    [first_reply] Räknade ärenden är de som besvarades under perioden, och de över tiden som fortfarande väntar eller avslutades obesvarade.
    [next_reply] Räknade ärenden är de som besvarades under perioden, och de över tiden som fortfarande väntar eller avslutades obesvarade.
    [update] Räknade är periodens lägesbesked och de ärenden över tiden som fortfarande väntar eller avslutades utan lägesbesked.
    [contacts] Räknade ärenden är de som löstes under perioden.
    [ownership] Räknade ärenden är de som lämnades vidare eller löstes under perioden, och de över tiden som fortfarande är hos teamet eller avslutades olösta.
   *[other] Räknade ärenden är de som löstes under perioden, och de över tiden som fortfarande väntar eller avslutades olösta.
}
heading-certainty = Hur säkert det är
interval-wide = Ärendena är få, så slumpen spelar in. Om teamet fortsätter så här hamnar mellan { $low } och { $high } av alla dess ärenden inom gränsen. (Ett sådant intervall stämmer 9 gånger av 10.)
interval = Om teamet fortsätter så här hamnar mellan { $low } och { $high } av alla dess ärenden inom gränsen. (Ett sådant intervall stämmer 9 gånger av 10.)
alert-confidence = Larmet börjar när det är { $confidence } säkert att mindre än { $level } hamnar inom gränsen, och slutar när det är mindre än 50{"\u00A0"}% säkert.
alert-evidence = Nu är det { $probability } säkert: { $missed } av { $decided } ärenden är över gränsen ({ $window }).
alert-evidence-few = Nu är det { $probability } säkert: { $missed } av { $decided } ärenden är över gränsen ({ $window }). Med så få ärenden måste det vara { $needed } säkert i stället för { $confidence }.
alert-unanswered = Det börjar också när det är lika säkert att mer än { $max } { $measure ->
    [first_reply] avslutas obesvarade
    [next_reply] avslutas obesvarade
    [update] avslutas utan lägesbesked
   *[other] avslutas olösta
}.
alert-evidence-unanswered = Nu är det { $probability } säkert: { $missed } av { $decided } avslutades så ({ $window }). För ett larm krävs { $needed }.
alert-plain = Larmet följer bedömningen.
long-waits-explained = Ett ärende över tiden räknas så länge det väntar, och en period till efter svaret: en lång väntan väger tyngre i andelen än en kort.
due-soon-explained = Snart över tiden: minst 80{"\u00A0"}% av tiden har gått.

# Vart tiden tog vägen i sena ärenden.
breakdown = Vart tiden tog vägen i sena ärenden
breakdown-explained = { $count ->
    [one] Hela väntan för det enda sena ärendet, från början till slut eller till nu.
    [2] Hela väntan för båda sena ärendena, vart och ett från början till slut eller till nu.
   *[other] Hela väntan för alla { $count } sena ärenden, vart och ett från början till slut eller till nu.
} För teamen räknas bara öppettiden.
column-location = Var
column-share = Andel
column-time = Tid
location-pending = väntade på kunden
location-on-hold = väntade på tredje part
location-closed = utanför öppettiden

# Jämförelse med andra, och kundernas betyg.
market = Jämfört med andra
market-behind = Andra klarar mer: en mindre andel av våra ärenden än avtalat når deras nivå.
market-line = Andra klarar { $measure ->
    [contacts] högst { $target }
   *[other] { $target }
}; våra ärenden inom det: { $share }
market-share = { $share } av { $decided }
row-market = { $measure ->
    [contacts] Andra klarar högst
   *[other] Andra klarar
}
row-market-share = Våra ärenden inom det
row-market-source = Källa
row-market-as-of = Uppgift från
ratings-by-wait = Är den här nivån bra nog för våra kunder?
ratings-by-wait-explained = Kundernas betyg (1–5) efter hur länge de hade väntat, jämfört med målet.
column-band = { $measure ->
    [contacts] Gånger de hörde av sig
   *[other] Deras väntan
}
column-ratings = Betyg
column-mean = I snitt
band-up-to-half = högst hälften av målet
band-within = mer än hälften, men inom målet
band-up-to-double = över målet, högst det dubbla
band-beyond = mer än det dubbla

# Sidan finns inte.
not-found-title = Sidan finns inte
not-found-team = Det finns inget team med det här namnet. Det kan ha bytt namn, eller så saknas dess avtalsfil.
not-found-objective = Teamet har inget mål med det här namnet. Avtalet kan ha ändrats.
not-found-page = Länken kan vara gammal eller ofullständig.
back = Tillbaka till alla team
back-to-team = Tillbaka till teamet

# Det som har varit.
trend-better = blir bättre
trend-steady = oförändrat
trend-worse = blir sämre
trend-rule = ({ $length } tidigare och nu; bättre eller sämre från två procentenheter och tre ärenden)
strip-label = De senaste { $days } dagarna: missad { $missed } dagar, i riskzonen { $at-risk }, uppnådd { $met }
strip-caption = Läget var och en av de senaste { $days } dagarna: en full stapel är missad, två tredjedelar i riskzonen, en tredjedel uppnådd. En dag är som de flesta av dess timmar.
strip-see-table = Siffrorna finns i tabellen nedan.
heading-past = Så har det varit
as-table = Som tabell
column-day = Dag
column-day-verdict = Största delen av dagen
column-past-share = Andel inom måltiden
column-over-target = Över måltiden
column-decided = Räknade ärenden
plot-share = Andel inom måltiden, i varje punkt { $window }
plot-over = Ärenden över gränsen, i varje punkt { $window }
key-share = andel inom måltiden
key-over = ärenden över gränsen
key-agreed = överenskommet
key-market = inom marknadens måltid
key-change = nivån ändrades
heading-week = När kunderna frågar och när de får svar
week-unheard = { $all ->
    [one] 1 väntan
   *[other] { $all } väntetider
} började på fyra veckor, { $count } av dem under timmar i veckan då ingen fick svar.
week-arrived = En väntan började
week-answered = Någon fick svar
week-legend = Ju mörkare, desto fler under den timmen i veckan, de senaste fyra veckorna. Varje kolumn är en timme på dygnet.
week-hour = { $weekday } { $from }–{ $to }: { $arrived } började, { $answered } fick svar

# Vad en annan måltid hade inneburit.
heading-tried = Vad en annan måltid hade inneburit
tried-explained = Flytta måltiden. Siffrorna kommer från era egna ärenden: som om den måltiden hade avtalats för fyra veckor sedan, till och med { $at }.
tried-caption = Andel inom varje måltid, { $window }
tried-slider = Måltid
key-agreed-target = den avtalade måltiden
tried-share = Inom { $target }: { $share } av { $decided } ärenden.
tried-over = Över { $target }: { $count ->
    [one] 1 ärende.
   *[other] { $count } ärenden.
}
tried-days = { $known ->
    [0] Ingen dag fanns det tillräckligt många ärenden för ett läge.
   *[other] Den hade missats { $missed } av de { $known } dagar som ännu kan räknas.
}
days-of = { $missed } av { $known }
column-tried-target = Måltid
column-missed-days = Missade dagar

# Hur länge ärenden har väntat.
heading-ages = Hur länge de har väntat
column-age = Väntan
age-up-to = upp till { $to }
age-between = { $from } till { $to }
age-over = över { $from }
legend-strip = De små staplarna är de senaste 30 dagarna: en full stapel är missad, två tredjedelar i riskzonen, en tredjedel uppnådd. ”Blir bättre” och ”blir sämre” jämför med en vecka tidigare (ett dygn, där perioden är kortare): minst två procentenheter och tre ärenden.
# En sida som står öppen, och en skärm på väggen.
connection-lost = Ingen anslutning till Vaste. Sidan försöker igen.
connection-lost-as-of = Ingen anslutning till Vaste. Färger och siffror visar läget { $at }. Sidan försöker igen.
for-the-operator = För den som driver Vaste
wall-link = Visa på en skärm
# Ärenden efter id, och vad som kan vara orsaken när en nivå inte nås.
heading-tickets = Ärenden över tiden eller snart över tiden
heading-longest-waits = Ärenden som har väntat längst
tickets-counts = { $over ->
    [one] 1 ärende är över tiden
   *[other] { $over } ärenden är över tiden
}, { $soon } snart över tiden.
tickets-none = Inget ärende är över tiden eller snart över tiden.
tickets-first = De första { $count } visas, den tidigaste förfallotiden först.
tickets-not-whole = Listan sammanställs fortfarande; tidigare ärenden kan saknas.
tickets-more = Alla { $count } som visas
tickets-csv = Ladda ner som CSV
tickets-without-ids = Denna Vaste visar inga ärende-id.
column-ticket = Ärende
column-waited = Har väntat
column-due = Förfaller
column-left = Tid kvar
column-holder = Hos
column-priority = Prioritet
desk = Ärendesystemet
open-in-desk = Öppna ärendet { $ticket } i ärendesystemet
paused = klockan står still
paused-pending = väntar på kunden
paused-on-hold = väntar på tredje part
ticket-left = { $time } kvar
ticket-over-by = överskriden med { $time }
ticket-stays-over = över enligt sin tidigare prioritet
ticket-priority = { $priority ->
    [low] låg
    [normal] normal
    [high] hög
   *[urgent] brådskande
}
list-mark = {", "}
why-time = Missade ärenden tillbringade sin tid så här: { $parts }.
cause-unclaimed = utan team { $percent }
cause-own-team = öppna hos teamet { $percent }
cause-other-team = hos { $team } { $percent }
cause-pending = i väntan på kunden { $percent }
cause-on-hold = i väntan på tredje part { $percent }
cause-closed = utanför öppettiderna { $percent }
why-waits = { $count ->
    [one] 1 ärende väntar nu över tiden
   *[other] { $count } ärenden väntar nu över tiden
}
why-waits-of-them = { $all }, varav { $parts }.
cause-waits-unclaimed = { $count } utan team
cause-waits-paused = { $count } i väntan på kunden eller tredje part
cause-waits-closed = { $count } utanför öppettiderna
cause-waits-urgent = { $count } brådskande
cause-waits-high = { $count } med hög prioritet
ticket-split = Dess händelser kom i två partitioner av topicen, så det räknas inte. Varje händelse behöver ärendets id som nyckel.
ticket-partial = När det skapades är inte känt: det som börjar där går inte.
ticket-not-yet = Dess första händelse kommer senare.
ticket-unknown = Inget ärende har detta id. Det kan ha tagits bort ur minnet efter en lång vila, eller så har dess händelser inte lästs.
ticket-late = Ärendets händelser finns inte till hands just nu. Försök igen om en stund.
ticket-similar = Menade du något av dessa?
ticket-condition = { $condition ->
    [open] öppet
    [pending] väntar på kunden
    [on_hold] väntar på tredje part
    [solved] löst
    [merged] sammanslaget
    [deleted] borttaget
   *[spam] skräppost
}
heading-life = Vad som hände
heading-stopwatches = Klockor
heading-where-waited = Var väntetiden gick åt
column-stopwatch = Klocka
column-of = Räknas för
column-open-time = Öppen tid
column-elapsed = Kalendertid
ticket-column-target = Tid
ticket-column-verdict = Utfall
ticket-now = nu
ticket-due = Förfaller: { $stopwatch }
ticket-event = { $kind ->
    [created] skapat
    [customer_replied] kunden skrev
    [took_over] tog över
    [agent_replied] en handläggare svarade
    [bot_replied] en bot svarade: inget svar
    [note_added] en intern anteckning: inget svar
    [no_reply_needed] en handläggare säger att inget svar behövs
    [assigned] tilldelat
    [pending] väntar på kunden
    [on_hold] väntar på tredje part
    [resumed] återupptaget
    [solved] löst
    [reopened] öppnat igen
    [closed] stängt
    [merged] sammanslaget med
    [deleted] borttaget
    [marked_spam] märkt som skräppost
    [rated] betygsatt av kunden
    [reviewed] granskat
   *[other] en oro
}
ticket-waits-since = vars kund väntar sedan
ticket-score = { $score } av 5
ticket-undeclared = utan avtal
ticket-stretch = { $place ->
    [open] öppet
    [closed] utanför öppettiderna
    [pending] väntar på kunden
    [on_hold] väntar på tredje part
    [solved] löst
    [gone] borta
   *[idle] öppet, men inget att göra
}
ticket-pauses = { $pauses ->
    [never] klockan stannar aldrig
    [pending] stannar i väntan på kunden
    [on_hold] stannar i väntan på tredje part
   *[both] stannar i väntan på kunden eller tredje part
}
ticket-ended = { $state ->
    [waiting] väntar
    [paused] klockan står still
    [answered] klart
    [deleted-miss] borttaget, vilket förblir en miss
    [reopened-miss] öppnat igen och inte löst, vilket förblir en miss
    [deleted] räknas inte längre: borttaget
    [no_reply_needed] räknas inte längre: inget svar behövs
    [spam] räknas inte längre: skräppost
    [closed] slutade utan svar: stängt
    [merged] slutade utan svar: sammanslaget
   *[solved] slutade utan svar: löst
}
ticket-not-over = inte över
ticket-in-time = i tid
ticket-at-rest = varav { $time } medan ärendet var löst eller borta
search = Sök
search-label = Ärende-id eller team
search-no-ticket = Inget ärende har ett id som börjar så, eller detta nummer.
search-no-team = Inget team har detta i sitt namn.
search-empty = Skriv början av ett ärendes id, dess nummer eller en del av ett teams namn.
search-teams = Team
search-more-teams = { $count } team totalt; skriv mer av namnet.

# The stream: for developers who publish events.
stream-title = Händelseströmmen
stream-link = För utvecklare: händelseströmmen och poster som inte räknas
stream-intro = För utvecklare som skickar händelser. Antalen gäller sedan Vaste startade. Ämne (topic):
stream-current = Alla händelser är lästa, och uppgifterna är aktuella.
stream-partitions = Partitioner
stream-partitions-explained = Hur långt Vaste har läst varje partition. Uppgifterna är inte aktuella förrän alla är lästa till slutet.
stream-no-partitions = Vaste läser inte någon partition än.
stream-partition = Partition
stream-position = Nästa offset
stream-end = Slut
stream-lag = Olästa
stream-last-event = Senaste händelse
stream-caught-up = Läst till slutet
stream-yes = ja
stream-no = nej
stream-unknown-types = Okända händelsetyper
stream-undeclared-teams = Team utan avtal
stream-rejected = Avvisade poster
stream-split-tickets = Ärenden i två partitioner
stream-explained = { $list ->
    [stream-unknown-types] Poster vars typ Vaste inte känner till hoppas över.
    [stream-undeclared-teams] Händelser från dessa team räknas, men deras ärenden hör inte till något team med avtal.
    [stream-rejected] Poster som Vaste inte kan läsa utelämnas. Rådet gäller den senaste posten för varje orsak.
   *[stream-split-tickets] Händelser för dessa ärenden kom i mer än en partition. Ärendena räknas inte. Använd ärendets id som nyckel (key) för alla dess händelser.
}
stream-nothing = Inga sedan Vaste startade.
stream-records = { $count ->
    [one] 1 post:
   *[other] { $count } poster, den senaste:
}
stream-place = partition { $partition }, offset { $offset }
stream-key = nyckel
stream-source = källa
stream-by-filter = En typ som filtret i kafka.map har gjort
stream-did-you-mean = Menade du
stream-or = eller
stream-advice = { $list ->
    [stream-unknown-types] Ingenting, om Vaste inte behöver räkna dessa händelser.
   *[other] Skriv ett avtal för teamet, eller rätta händelsernas team.
}
stream-others = { $count ->
    [one] Ytterligare en post har ett annat namn.
   *[other] Ytterligare { $count } poster har andra namn.
}
stream-split-count = { $count ->
    [one] Ett ärende räknas inte.
   *[other] { $count } ärenden räknas inte.
}
stream-others-split = { $count ->
    [one] Ett till finns inte i listan.
   *[other] { $count } till finns inte i listan.
}
stream-in-partitions = partitionerna
stream-reason-of = { $reason ->
    [bad_id] Ett id är tomt, för långt eller har otillåtna tecken
    [bad_schema] Ett fält saknas, eller dess värde är inte tillåtet
    [bad_team] Teamets namn är inte tillåtet
    [bad_timestamp] Tiden går inte att läsa
    [filter_failed] Filtret i kafka.map fungerar inte för posten
    [future] Tiden ligger i framtiden
    [malformed] Posten är inte JSON
    [too_large] Posten är för lång
   *[unsupported_encoding] Posten är inte vanlig JSON i UTF-8
}
past-since = { $state } sedan { $at }.
trend-figures = { $trend }: { $before } ({ $then }) → { $now } ({ $at })
overview-why-share = { $measure }: { $missed } av { $decided } över { $target }, { $window }
overview-why-limit = { $measure }: { $missed } över { $target }, { $window }

# The agenda of a team, and its forms.
agenda = Dagordning
agenda-link = Dagordning för teamets samtal
agenda-link-concerns = { $count ->
    [one] ett öppet bekymmer
   *[other] { $count } öppna bekymmer
}
agenda-link-tickets = { $count ->
    [one] ett ärende att prata om
   *[other] { $count } ärenden att prata om
}
agenda-sent = Skickat. Det syns här om en stund.
agenda-refused = Det skrevs inte
agenda-away = Det kunde inte skickas just nu
agenda-kept = Din text finns kvar i formuläret nedan. Rätta den eller skicka den igen.
agenda-concerns = Vad någon är orolig för
agenda-no-concerns = Inget bekymmer är öppet.
agenda-raised = { $by }, { $at }
agenda-settled = utrett av { $by }, { $at }
agenda-open-for = öppet i { $wait }
agenda-settle = Utrett
agenda-raise = Berätta om ett bekymmer
agenda-what-worries = Vad oroar dig?
agenda-misses = Vad som missades
agenda-no-misses = Inget är missat eller i fara.
agenda-time-went = Var de missade ärendena tillbringade mest tid: { $place }, { $share }.
agenda-verdicts = Läget sedan { $since }
agenda-verdict-changed = { $before } → { $now }
agenda-verdict-same = { $now }, som förut
agenda-no-objectives = Inget är överenskommet ännu.
agenda-decisions = Vad som beslutades
agenda-no-decisions = Inget beslut är öppet.
agenda-decided = { $by }, { $at }
agenda-owner = vem: { $owner }
agenda-nobody = ingen ännu
agenda-due = senast { $date }
agenda-done = gjort ({ $by }, { $at })
agenda-not-done = inte gjort ännu
agenda-late = försenat
agenda-finish = Gjort
agenda-decide = Skriv upp beslutet
agenda-what-decided = Vad beslutades?
agenda-who = Vem gör det, som roll (frivilligt)
agenda-until = Senast (frivilligt)
agenda-notes = Anteckningar från de senaste turerna
agenda-no-notes = Inga anteckningar under de senaste fyra veckorna.
agenda-noted = { $by }, { $at }
agenda-note = Lämna anteckningen
agenda-what-noted = Vad märkte du under din tur?
agenda-look-again = Vad som bör ses över
agenda-nothing-to-look-at = Överenskommelsen nämner inget datum.
agenda-level = De överenskomna nivåerna
agenda-look-now = bör ses över sedan { $date }
agenda-look-later = den { $date }
agenda-market-of = uppgiften om andra är från { $date }
agenda-by = Ditt namn
agenda-someone = någon
agenda-no-words = (inga ord)
agenda-choose = välj
agenda-brought = Tagit upp med teamet
agenda-nothing-brought = Ingen har tagit upp ett ärende.
agenda-score = betyg { $score }, 5 är bäst
turn = Kontrolltur
turn-link = Vad som granskas under turen
turn-none = Teamets överenskommelse har inga kontrollturer.
own = Mitt eget arbete
own-link = Mitt eget arbete
own-heading = Egna svar att bedöma
own-of = Den här listan är bara för { $member }.
own-nobody = Var och en ser bara sin egen lista. Öppna sidan via din organisations inloggning.
own-show = Visa min lista
own-nothing = Inget att bedöma den här gången.
own-answered = du svarade på det
own-together = flera bedömer detta
own-score = Du gav { $score }; 5 är bäst.
check-heading = Ärenden att granska
check-explained = Ärenden där en väntan slutade mellan { $from } och { $to }, med ett svar eller på annat sätt: först de missade, sedan de obesvarade, sedan lottade.
check-count = { $done } av { $all } bedömda
agenda-shares = nu { $now }, då { $before }
check-nothing = Ingen väntan slutade under den tiden.
check-missed = missat
check-unanswered = obesvarat
check-drawn = lottat
check-open = inte bedömt ännu
check-done = bedömt
check-at-desk = i ärendesystemet
check-meters = Vad mer som granskas
check-unclaimed = { $count ->
    [one] Ett otaget ärende väntar
   *[other] { $count } otagna ärenden väntar
}
check-undeclared = { $count ->
    [one] Händelser nämner ett team utan överenskommelse
   *[other] Händelser nämner { $count } team utan överenskommelse
}
judge = Bedöm
judge-score = Hur sköttes det? (5 är bäst)
judge-choose = välj
judge-not-apply = gäller inte
judge-note = Anteckning (frivilligt)
judge-bring = Ta upp det i teamets samtal
judge-send = Spara
differ-heading = Bedömda av flera
differ-explained = Bedömningar av samma ärende, den lägsta först, utan namn. Där de skiljer sig, prata om vad ett bra svar är.
differ-whole = som helhet
# Kontrollturer: lagets sida och kalendern.
duty = Kontrolltur
duty-now = { $who ->
    [named] { $member } har turen nu. Den byts { $at }.
    [nobody] Ingen har turen nu, eftersom alla är borta. Den byts { $at }.
   *[unnamed] Turen byts { $at }.
}
duty-next = { $who ->
    [named] Nästa tur har { $member }, från { $at }.
    [nobody] Ingen har nästa tur, eftersom alla är borta då. Den börjar { $at }.
   *[unnamed] Nästa tur börjar { $at }.
}
duty-swap = Turen är bytt.
duty-absence = Den som är före i ordningen är borta.
duty-feed = Turerna till ett kalenderprogram
duty-calendar = Kontrollturer: { $team }
duty-event = { $who ->
    [named] Kontrolltur, { $team }: { $member }
    [nobody] Kontrolltur, { $team }: ingen, alla är borta
   *[unnamed] Kontrolltur, { $team }
}


# The past as a file.
past-csv = Ladda ner timme för timme som CSV
# When nobody answers.
week-silent-hours = Ingen svarade mellan kl. { $from }.00 och { $to }.00 under dessa fyra veckor.
week-silent-days = Ingen svarade på dessa dagar: { $days }.
# Levels: one that was tried is taken over, and one is due for another look.
tried-yaml = Raderna för den här nivån i avtalet
tried-copy = Kopiera som YAML
tried-copied = Kopierat. Ersätt de rader i målet som börjar med samma ord; `name` och `measure` blir kvar. Låt sedan `vaste check` granska filen.
look-again-due = dagen har passerat. Se över avtalet och bestäm en ny dag.
market-old = för mer än ett år sedan. Ta reda på vad andra klarar nu.
own-explained = Ärenden där en väntan slutade mellan { $from } och { $to }: några som du har svarat på, lottade, och var fjärde tur ett som flera bedömer. Dina ord, och att poängen är din, visas för ingen annan, om du inte tar upp ärendet med teamet. Poängen räknas i teamets medeltal.
own-of-anyone = Listan för { $member }. På den här datorn kan alla välja ett namn; bakom en proxy ser bara { $member } den.
turn-being-made = Listan görs. Den syns här om en stund.
agenda-markdown = Dagordningen som Markdown

# The agenda: what was brought to the team, and what was decided last time.
agenda-not-discussed = har väntat på samtal i { $wait }
agenda-discussed = diskuterat ({ $by }, { $at })
agenda-discuss = Diskuterat
agenda-what-came-of-it = Vad det ledde till (frivilligt)
agenda-others-brought = { $count ->
    [one] Ytterligare ett ärende har tagits upp.
   *[other] Ytterligare { $count } ärenden har tagits upp.
}
agenda-decided-last = Beslutat förra gången: är det gjort?
agenda-nothing-decided-last = Inget återstår från förra gången.
agenda-decided-since = Beslutat sedan turbytet { $at }
agenda-nothing-decided = Inget har beslutats sedan dess.
agenda-about = gäller ärendet { $ticket }
agenda-about-ticket = Gäller ett ärende som har tagits upp (frivilligt)
agenda-no-ticket = inget

# The organisation's agenda: what nobody answers for.
agenda-unanswered-for = Det som ingen svarar för
agenda-all-answered-for = Inget just nu.
agenda-longest-wait = det äldsta har väntat i { $wait }
agenda-not-agreed = { $team } har inte kommit överens om någon nivå
agenda-not-agreed-waits = { $count ->
    [one] ett ärende väntar, i { $wait }
   *[other] { $count } ärenden väntar, det äldsta i { $wait }
}
agenda-turn-vacant = { $team }: ingen har kontrollturen
agenda-turn-ends = alla medlemmar är borta; turen byts { $at }
agenda-without-level = Team utan avtalad nivå
agenda-without-turns = Team utan kontrollturer
agenda-undeclared = Händelser nämner teamet { $team }, som saknar avtal
agenda-undeclared-similar = menades { $similar }?
agenda-undeclared-advice = skriv ett avtal, eller rätta namnet där händelserna skapas
agenda-undeclared-others = Händelser nämner fler team som saknar avtal
agenda-level-of = { $team }: de överenskomna nivåerna
agenda-objective-of = { $team }: { $objective }

# What became of concerns and decisions.
agenda-raise-again = Öppna det igen
agenda-why-again = Varför är det öppet igen?
agenda-raised-again = öppnat igen av { $by }, { $at }
agenda-why = Varför (frivilligt)
agenda-move = En annan dag
agenda-new-day = Ny dag
agenda-moved = flyttat från { $from } till { $to }
agenda-moved-first = ska vara gjort { $to }
agenda-moved-by = ({ $by }, { $at })
agenda-drop = Avstå från det
agenda-dropped = vi avstod från det ({ $by }, { $at })
bring-heading = Att tala om
bring-why = Vad behöver ni tala om?
bring-send = Ta upp det i samtalet: { $team }
bring-waits = På dagordningen: { $team }
check-judged-before = bedömt före den här turen
check-judged-long = inte bedömt ännu; senast bedömt { $at }, före listans tid
differ-awaited = { $judged } av { $asked } har bedömt

# Why a form was not written.
refused-off = Inget kan skrivas på den här sidan. De som sköter Vaste kan ändra det.
refused-other-site = Formuläret skickades inte från den här webbplatsen. Öppna sidan igen och skicka det därifrån.
refused-no-person = Inloggningen säger inte vem du är. Berätta det för dem som sköter Vaste.
refused-missing = ”{ $field }” är inte ifyllt.
refused-too-long = ”{ $field }” är för långt. Korta ner det till ungefär 250 tecken.
refused-unreadable = ”{ $field }” har ett värde som inte kan användas. Rätta det.
refused-other = Formuläret passar inte längre till sidan. Ladda sidan igen.
refused-too-often = För mycket skrevs under en minut. Vänta en minut.
refused-ticket = Inget ärende har numret { $ticket }.
refused-ticket-similar = Inget ärende har numret { $ticket }. Menade du { $similar }?
refused-ticket-later = Ärendet hittas inte ännu, eftersom allt inte är läst. Skicka igen om en stund.
refused-not-stored = Det kunde inte sparas. Skicka igen om en stund.
judge-categories = Betyg per kategori

# Vad ett team läser om sina nivåer och larm.
changed = Avtalet ändrades { $at }: { $settings }.
changed-new = Målet är nytt sedan { $at }.
row-alert = Larm
alert-none = Inget larm.
alert-firing = Larm sedan { $at }: { $kind ->
    [missed] målet nås inte.
    [at_risk] målet är i riskzonen.
   *[behind_market] teamet ligger efter andra.
}
alert-pending = Inget larm ännu. Det kommer när { $kind ->
    [missed] målet inte har nåtts
    [at_risk] målet har varit i riskzonen
   *[behind_market] teamet har legat efter andra
} i { $hold }, räknat från { $at }.
reason-as-of = (läget { $at })
column-last-verdict = Sista timmen
days-explained = ”Största delen av dagen” är bedömningen för de flesta timmarna. Kolumnerna efter den gäller dagens sista timme.
tried-selected = Det gick inte att kopiera. Raderna är markerade: tryck Ctrl+C, på Mac ⌘C.
search-tickets = Ärenden
search-more-tickets = Bara de första { $count } visas; skriv mer av id:t.
