# Taulun sanat suomeksi. Kirjoitustapa: https://projectfluent.org/fluent/guide/

language = Suomi

# Luvut ja ajat.
count = { $count }
decimal-mark = ,
percent = { $number }{"\u00A0"}%
unit-days = { $count }{"\u00A0"}pv
unit-hours = { $count }{"\u00A0"}t
unit-minutes = { $count }{"\u00A0"}min
unit-seconds = { $count }{"\u00A0"}s
under-a-second = alle 1 s
more-than = yli { $wait }
weekday = { $number ->
    [1] ma
    [2] ti
    [3] ke
    [4] to
    [5] pe
    [6] la
   *[7] su
}
month = { $number }
instant = { $weekday } { $day }.{ $month }. klo{"\u00A0"}{ $hour }.{ $minute }
instant-of-year = { $weekday } { $day }.{ $month }.{ $year } klo{"\u00A0"}{ $hour }.{ $minute }
date = { $day }.{ $month }.{ $year }

# Joka sivulla.
title = Vastausajat
as-of = Tilanne { $at } (UTC)
languages = Kieli
you-are-here = Olet tässä
legend-bar = Palkin täytetty osa on tavoiteajassa vastattujen osuus. Palkin poikki kulkeva viiva on sovittu taso.
legend-order = Tiimit ovat aakkosjärjestyksessä. Sivu päivittyy itsestään kahdesti minuutissa.

# Kun tietoon ei voi luottaa.
frozen-title = Tieto ei ole ajan tasalla
frozen-kept = Värit ja luvut ovat tilanteesta { $at }. Ne pysyvät, kunnes tieto on taas ajan tasalla.
frozen-reading = Tiimien tilanne näytetään, kun kaikki tapahtumat on luettu.
doubt-starting = Vaste on juuri käynnistynyt.
doubt-trouble = Palvelu ilmoittaa:
doubt-partitions-unknown = Kafka ei ole vielä kertonut, mitä luettavaa on.
doubt-partitions-elsewhere = Täällä luetaan { $held } osiota, kaikkiaan niitä on { $all }. Muut ovat ryhmän muilla instansseilla, tai niitä ei ole vielä jaettu.
doubt-behind = Alusta luetaan vielä { $behind } osiota, kaikkiaan niitä on { $all }.
doubt-overloaded = Osa Vastetta ei ole vastannut sekunteihin. Kone voi olla ylikuormitettu.

# Missä tavoite on.
state-met = Täyttyy
state-at-risk = Vaarassa
state-missed = Ei täyty
state-insufficient-data = Liian vähän tietoa
state-frozen = Tieto ei ole ajan tasalla
state-reading = Tietoa luetaan
state-not-agreed = Tasosta ei ole sovittu
state-unclaimed = Vailla vastuutiimiä
state-as-of = { $state } (tilanne { $at })

# Missä tiimi on: sen omat tavoitteet, huonoin ensin.
team-met = { $count ->
    [one] Tavoite täyttyy
   *[other] Kaikki { $count } tavoitetta täyttyvät
}
team-at-risk = { $count ->
    [one] 1 tavoite vaarassa
   *[other] { $count } tavoitetta vaarassa
}
team-missed = { $count ->
    [one] 1 tavoite ei täyty
   *[other] { $count } tavoitetta ei täyty
}
team-insufficient-data = { $count ->
    [one] 1 tavoite: liian vähän tietoa
   *[other] { $count } tavoitetta: liian vähän tietoa
}
team-not-agreed-why = Tiimin vastausajat mitataan ja sillä on sivunsa ilman tasoakin.
unclaimed = Vailla vastuutiimiä
unclaimed-why = Tiketit, joilla ei ole tiimiä tai joiden tiimiä ei ole määritelty. Ne näkyvät tässä, jotta ne eivät katoa.
organisation = Koko organisaatio

# Mittarit.
measure = { $measure ->
    [first_reply] Ensivastaus
    [next_reply] Seuraava vastaus
    [resolution] Ratkaisu
   *[first_resolution] Ensimmäinen ratkaisu
}
measure-explained = { $measure ->
    [first_reply] Asiakkaan ensimmäisestä viestistä asiakaspalvelijan ensimmäiseen vastaukseen.
    [next_reply] Asiakkaan vastaamattomasta viestistä asiakaspalvelijan seuraavaan vastaukseen.
    [resolution] Tiketin luomisesta siihen, että se on ratkaistu; jos se avataan uudelleen, sekin aika lasketaan.
   *[first_resolution] Tiketin luomisesta siihen, että se on ratkaistu ensimmäisen kerran.
}

# Tavoitteet.
objective-within = { $measure ->
    [first_reply] Ensivastaus
    [next_reply] Seuraava vastaus
    [resolution] Ratkaisu
   *[first_resolution] Ensimmäinen ratkaisu
}, tavoiteaika { $target }
objective-none-over = { $measure ->
    [first_reply] Kukaan ei odota ensivastausta yli{"\u00A0"}{ $limit }
    [next_reply] Kukaan ei odota seuraavaa vastausta yli{"\u00A0"}{ $limit }
    [resolution] Kukaan ei odota ratkaisua yli{"\u00A0"}{ $limit }
   *[first_resolution] Kukaan ei odota ensimmäistä ratkaisua yli{"\u00A0"}{ $limit }
}
agreed-within = { $share } tiketeistä saa { $measure ->
    [first_reply] ensivastauksen
    [next_reply] seuraavan vastauksen
    [resolution] ratkaisun
   *[first_resolution] ensimmäisen ratkaisun
} tavoiteajassa. Tavoiteaika on { $target }. Mukaan lasketaan { $window }. Arvioon tarvitaan vähintään { $minimum ->
    [one] 1 tiketti
   *[other] { $minimum } tikettiä
}.
agreed-none-over = Kukaan ei odota { $measure ->
    [first_reply] ensivastausta
    [next_reply] seuraavaa vastausta
    [resolution] ratkaisua
   *[first_resolution] ensimmäistä ratkaisua
} yli{"\u00A0"}{ $limit }. Sitä kauemmin odottanut tiketti, joka jäi vastaamatta, on mukana { $window }.
targets = { $target } ({ $others })
target-low = matala { $target }
target-normal = normaali { $target }
target-high = korkea { $target }
target-urgent = kiireellinen { $target }
window-last-hour = viimeisin tunti
window-last = viimeiset { $length }

# Miksi tavoite on siinä missä on.
share-of = { $decided } tiketistä { $share } tavoiteajassa; sovittu { $agreed }
share-of-none = Ei vielä yhtään tikettiä; sovittu { $agreed } tavoiteajassa
nobody-over = Kukaan ei odota yli{"\u00A0"}{ $limit }
somebody-over = { $missed ->
    [one] 1 tiketti odotti yli{"\u00A0"}{ $limit }
   *[other] { $missed } tikettiä odotti yli{"\u00A0"}{ $limit }
}; { $waiting ->
    [0] yksikään niistä ei odota enää
    [one] 1 odottaa yhä
   *[other] { $waiting } odottaa yhä
}
few = arvioon tarvitaan { $minimum } tikettiä
history = Jakso alkaa ennen hetkeä { $at }, eikä siitä ajasta ole tietoa
why-met = Taso täyttyy.
why-at-risk = Taso täyttyy, mutta suurin osa tason sallimista ylityksistä on käytetty.
why-missed = Taso ei täyty.
why-missed-certain = Se on jo varmaa: taso ei täyttyisi { $minimum } tiketillä, vaikka kaikki muut ehtisivät tavoiteajassa.
why-few = Arvioon tarvitaan { $minimum } tikettiä, nyt niitä on { $decided }.
why-history = Jakso alkaa ennen hetkeä { $at }, eikä siitä ajasta ole tietoa.
why-frozen = Mitään ei päätellä, kun tieto ei ole ajan tasalla.
why-none-over-met = Kukaan ei odota sovittua kauemmin.
why-none-over-missed = Joku odottaa sovittua kauemmin, tai odotti ja jäi vastaamatta.

# Odottaa nyt.
waiting-now = { $measure ->
    [first_reply] Odottaa vastausta
    [next_reply] Odottaa vastausta
   *[other] Odottaa ratkaisua
}
waiting-column = Odottaa nyt
longest-wait = Pisin odotus
waiting-caption = Ketkä odottavat nyt
over-target-line = { $count } yli tavoiteajan
due-soon-line = { $count } kohta yli
nobody = ei kukaan
wait-since = { $wait } ({ $at } alkaen)
nothing-yet = Yhteenkään tikettiin ei ole vastattu, yksikään ei odota eikä jäänyt vastaamatta (viimeiset { $length }).
in-words = { $answered ->
    [0] ei yhtään { $measure ->
        [first_reply] vastattu
        [next_reply] vastattu
       *[other] ratkaistu
    }
   *[other] { $answered } { $measure ->
        [first_reply] vastattu
        [next_reply] vastattu
       *[other] ratkaistu
    }
}, { $window }
in-words-half = puolet ajassa { $wait }
in-words-most = 90 % ajassa { $wait }

# Tiimin sivu.
objectives = Tavoitteet
readings = Kuinka kauan asiakkaat odottavat
readings-explained = Joka rivi on ajanjakso tähän hetkeen asti. ”Puolet ajassa” on mediaani: puolet tiketeistä oli nopeampia, puolet hitaampia. ”Odottavat mukana” laskee mukaan myös ne, jotka yhä odottavat, joten kasvava jono näkyy heti.
column-window = Jakso
column-answered = { $measure ->
    [first_reply] Vastattu
    [next_reply] Vastattu
   *[other] Ratkaistu
}
column-half = Puolet ajassa
column-most = 90 % ajassa
column-most-waiting = 90 % ajassa, odottavat mukana
column-given-up = Jäi vastaamatta
too-few = liian vähän tikettejä
none = –
agreement = Sopimus

# Tavoitteen sivu.
what-is-agreed = Mitä on sovittu
what-is = Missä ollaan
row-why = Miksi
row-share = Tavoiteajassa
row-level = Sovittu taso
row-decided = Tikettejä mukana
row-missed = Yli tavoiteajan
row-allowed = Taso sallii ylityksiä
row-left = Ylityksiä jäljellä
row-overspent = Ylityksiä liikaa
row-over-target = Odottaa yli tavoiteajan
row-due-soon = Kohta yli tavoiteajan
row-window = Jakso
row-agreed-on = Sovittu
row-look-again = Katsotaan uudelleen
row-runbook = Mitä tehdä
row-name = Nimi tiedostossa
allowed-among = { $allowed }, kun tikettejä on { $of }
agreed-on = { $date }, { $count ->
    [one] 1 sopija
   *[other] { $count } sopijaa
}
decided-explained = Mukana ovat tiketit, joihin vastattiin jakson aikana, ja ne yli tavoiteajan olevat, jotka odottavat nyt tai jäivät vastaamatta.
due-soon-explained = Kohta yli: tavoiteajasta on kulunut vähintään 80 %.

# Ei löytynyt.
not-found-title = Sivua ei löydy
not-found-team = Sen nimistä tiimiä ei ole. Ehkä se on nimetty uudelleen, tai sen sopimusta ei ole vielä määritelty.
not-found-objective = Tällä tiimillä ei ole sen nimistä tavoitetta. Ehkä sopimus on muuttunut.
not-found-page = Ehkä linkki on vanha tai siitä puuttuu kirjain.
back = Takaisin kaikkiin tiimeihin
back-to-team = Takaisin tiimin sivulle
