# Taulun sanat suomeksi. Kirjoitustapa: https://projectfluent.org/fluent/guide/

language = Suomi

# Luvut ja ajat. $form on kesto sellaisenaan (7 pv), missä ajassa (7 päivässä) tai minkä ajan (7 päivän ajan).
count = { $count }
decimal-mark = ,
group-mark = {"\u00A0"}
percent = { $number }{"\u00A0"}%
unit-days = { $count }{"\u00A0"}{ $form ->
    [within] päivässä
    [lasting] päivän
   *[plain] pv
}
unit-hours = { $count }{"\u00A0"}{ $form ->
    [within] tunnissa
    [lasting] tunnin
   *[plain] t
}
unit-minutes = { $count }{"\u00A0"}{ $form ->
    [within] minuutissa
    [lasting] minuutin
   *[plain] min
}
unit-seconds = { $count }{"\u00A0"}{ $form ->
    [within] sekunnissa
    [lasting] sekunnin
   *[plain] s
}
under-a-second = { $form ->
    [within] alle sekunnissa
    [lasting] alle sekunnin
   *[plain] alle 1 s
}
more-than = yli { $wait }
of-open-time = { $time } aukioloaikaa
of-calendar-time = { $time } kalenteriaikaa
under-percent = alle { $percent }
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
doubt-behind = Loppuun asti luetaan vielä { $behind } osiota, kaikkiaan niitä on { $all }.
doubt-full = Avoimia tikettejä on enemmän kuin Vaste pystyy pitämään, eikä uusia lasketa.
doubt-jumped = Koneen kello on hypännyt. Vaste odottaa, jääkö se siihen.
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
behind-market = Muita jäljessä
pauses-never = Tästä tavoitteesta on sovittu: kello ei seiso koskaan.
pauses-pending = Tästä tavoitteesta on sovittu: kello seisoo, kun tiketti odottaa asiakasta.
pauses-on-hold = Tästä tavoitteesta on sovittu: kello seisoo, kun tiketti odottaa kolmatta osapuolta.
pauses-both = Tästä tavoitteesta on sovittu: kello seisoo, kun tiketti odottaa asiakasta tai kolmatta osapuolta.

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
    [update] Väliaikatieto
    [customer_wait] Asiakkaan odotus
    [agent_work] Käsittelyaika
    [resolution] Ratkaisu
    [ownership] Aika tiimillä
    [contacts] Yhteydenotot
   *[first_resolution] Ensimmäinen ratkaisu
}
measure-explained = { $measure ->
    [first_reply] Asiakkaan ensimmäisestä viestistä asiakaspalvelijan ensimmäiseen vastaukseen.
    [next_reply] Asiakkaan vastaamattomasta viestistä asiakaspalvelijan seuraavaan vastaukseen.
    [update] Asiakaspalvelijan vastauksesta hänen seuraavaan vastaukseensa ilman aikaa, jonka tiketti odotti asiakasta.
    [customer_wait] Tiketin luomisesta siihen, että se on ratkaistu, ilman aikaa, jonka se odotti asiakasta.
    [agent_work] Tiketin luomisesta siihen, että se on ratkaistu, ilman aikaa, jonka se odotti asiakasta tai kolmatta osapuolta.
    [ownership] Siitä, kun tiimi saa tiketin, siihen, kun tiketti siirtyy pois tai on ratkaistu, ilman aikaa, jonka se odotti asiakasta.
    [contacts] Kuinka monta kertaa asiakas joutui kysymään uudelleen ennen ratkaisua: viestit ensimmäisen jälkeen ja uudelleenavaukset.
    [resolution] Tiketin luomisesta siihen, että se on ratkaistu; jos se avataan uudelleen, sekin aika lasketaan.
   *[first_resolution] Tiketin luomisesta siihen, että se on ratkaistu ensimmäisen kerran.
}

# Tavoitteet.
objective-within = { $measure ->
    [first_reply] Ensivastaus, tavoiteaika { $target }
    [next_reply] Seuraava vastaus, tavoiteaika { $target }
    [update] Väliaikatieto, tavoiteaika { $target }
    [customer_wait] Asiakkaan odotus, tavoiteaika { $target }
    [agent_work] Käsittelyaika, tavoite { $target }
    [resolution] Ratkaisu, tavoiteaika { $target }
    [ownership] Aika tiimillä, tavoite { $target }
    [contacts] Yhteydenotot, enintään { $target }
   *[first_resolution] Ensimmäinen ratkaisu, tavoiteaika { $target }
}
objective-none-over = { $measure ->
    [first_reply] Kukaan ei odota ensivastausta yli{"\u00A0"}{ $limit }
    [next_reply] Kukaan ei odota seuraavaa vastausta yli{"\u00A0"}{ $limit }
    [update] Kukaan ei odota väliaikatietoa yli{"\u00A0"}{ $limit }
    [customer_wait] Yksikään asiakas ei odota yli{"\u00A0"}{ $limit }
    [agent_work] Yhdenkään tiketin käsittely ei kestä yli{"\u00A0"}{ $limit }
    [ownership] Yksikään tiketti ei ole tiimillä yli{"\u00A0"}{ $limit }
    [resolution] Kukaan ei odota ratkaisua yli{"\u00A0"}{ $limit }
   *[first_resolution] Kukaan ei odota ensimmäistä ratkaisua yli{"\u00A0"}{ $limit }
}
agreed-within = { $share } tiketeistä { $measure ->
    [first_reply] saa ensivastauksen tavoiteajassa. Tavoiteaika on { $target }
    [next_reply] saa seuraavan vastauksen tavoiteajassa. Tavoiteaika on { $target }
    [update] saa väliaikatiedon tavoiteajassa. Tavoiteaika on { $target }
    [customer_wait] odotuttaa asiakasta enintään tavoiteajan. Tavoiteaika on { $target }
    [agent_work] käsitellään tavoiteajassa. Tavoiteaika on { $target }
    [resolution] saa ratkaisun tavoiteajassa. Tavoiteaika on { $target }
    [ownership] on tiimillä enintään tavoiteajan. Tavoiteaika on { $target }
    [contacts] ratkeaa niin, ettei asiakas joudu kysymään uudelleen tavoitetta useammin. Tavoite on enintään { $target }
   *[first_resolution] saa ensimmäisen ratkaisun tavoiteajassa. Tavoiteaika on { $target }
}. Mukaan lasketaan { $window }. Arvioon tarvitaan vähintään { $minimum ->
    [one] 1 tiketti
   *[other] { $minimum } tikettiä
}.
agreed-none-over = { $measure ->
    [first_reply] Kukaan ei odota ensivastausta yli{"\u00A0"}{ $limit }
    [next_reply] Kukaan ei odota seuraavaa vastausta yli{"\u00A0"}{ $limit }
    [update] Kukaan ei odota väliaikatietoa yli{"\u00A0"}{ $limit }
    [customer_wait] Yksikään asiakas ei odota yli{"\u00A0"}{ $limit }
    [agent_work] Yhdenkään tiketin käsittely ei kestä yli{"\u00A0"}{ $limit }
    [resolution] Kukaan ei odota ratkaisua yli{"\u00A0"}{ $limit }
    [ownership] Yksikään tiketti ei ole tiimillä yli{"\u00A0"}{ $limit }
   *[first_resolution] Kukaan ei odota ensimmäistä ratkaisua yli{"\u00A0"}{ $limit }
}. Kauemmin odottanut ja { $measure ->
    [first_reply] vastaamatta jäänyt
    [next_reply] vastaamatta jäänyt
    [update] väliaikatietoa vaille jäänyt
   *[other] ratkaisutta päättynyt
} tiketti lasketaan mukaan { $length } ajan.
targets = { $target } ({ $others })
target-low = matala { $target }
target-normal = normaali { $target }
target-high = korkea { $target }
target-urgent = kiireellinen { $target }
window-last-hour = viimeisin tunti
window-last = viimeiset { $length }

# Miksi tavoite on siinä missä on.
share-of = { $decided } tiketistä { $share } { $measure ->
    [contacts] tavoitteessa
   *[other] tavoiteajassa
}; sovittu { $agreed }
share-of-none = Ei vielä yhtään tikettiä; sovittu { $agreed } { $measure ->
    [contacts] tavoitteessa
   *[other] tavoiteajassa
}
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
    [update] Odottaa väliaikatietoa
    [agent_work] Käsiteltävänä
    [ownership] Tiimillä nyt
   *[other] Odottaa ratkaisua
}
waiting-column = Odottaa nyt
longest-wait = Pisin odotus
waiting-caption = Ketkä odottavat nyt
over-target-line = { $count } yli tavoiteajan
due-soon-line = { $count } kohta yli
nobody = ei kukaan
wait-since = { $count }, pisin odotus { $wait } (alkoi { $at })
nothing-yet = Yhteenkään tikettiin ei ole vastattu, yksikään ei odota eikä jäänyt vastaamatta (viimeiset { $length }).
in-words = Viimeiset { $length }: { $measure ->
    [first_reply] { $answered ->
        [0] ei yhtään vastausta
        [one] 1 vastaus
       *[other] { $answered } vastausta
    }
    [next_reply] { $answered ->
        [0] ei yhtään vastausta
        [one] 1 vastaus
       *[other] { $answered } vastausta
    }
    [update] { $answered ->
        [0] ei yhtään väliaikatietoa
        [one] 1 väliaikatieto
       *[other] { $answered } väliaikatietoa
    }
    [ownership] { $answered ->
        [0] ei yhtään siirrettyä tai ratkaistua
       *[other] { $answered } siirretty tai ratkaistu
    }
   *[other] { $answered ->
        [0] ei yhtään ratkaisua
        [one] 1 ratkaisu
       *[other] { $answered } ratkaisua
    }
}
in-words-half = { $measure ->
    [contacts] puolessa enintään { $wait }
   *[other] puolet enintään { $wait }
}
in-words-most = { $measure ->
    [contacts] 90 prosentissa enintään { $wait }
   *[other] 90{"\u00A0"}% enintään { $wait }
}

# Tiimin sivu.
objectives = Tavoitteet
readings = Kuinka kauan asiakkaat odottavat
times-are-open = Ajat ovat aukioloaikaa.
readings-explained = Joka rivi on ajanjakso tähän hetkeen asti. ”Puolet ajassa” on mediaani: puolet tiketeistä oli nopeampia, puolet hitaampia. ”Odottavat mukana” laskee mukaan myös ne, jotka yhä odottavat, joten kasvava jono näkyy heti.
column-window = Jakso
column-answered = { $measure ->
    [first_reply] Vastattu
    [next_reply] Vastattu
    [update] Vastattu
    [ownership] Valmiina
   *[other] Ratkaistu
}
column-half = { $measure ->
    [contacts] Puolet enintään
   *[other] Puolet ajassa
}
column-most = { $measure ->
    [contacts] 90 % enintään
   *[other] 90 % ajassa
}
column-most-waiting = { $measure ->
    [contacts] 90 % enintään, odottavat mukana
   *[other] 90 % ajassa, odottavat mukana
}
column-given-up = Jäi vastaamatta
too-few = liian vähän tikettejä
none = –
agreement = Sopimus
split-caption = Osissa, { $window }
column-part = Tiketit
part-priority = { $priority ->
    [low] matala prioriteetti
    [normal] normaali prioriteetti
    [high] korkea prioriteetti
    [urgent] kiireelliset
   *[none] ilman prioriteettia
}
part-channel = kanava
part-channel-other = muut kanavat
ratings = Mitä vastauksista sanotaan
row-rated = Asiakkaiden arvosanat
row-reviewed = Itsearviot
ratings-line = Keskiarvo { $mean } / 5, { $count ->
    [one] 1 arvosana
   *[other] { $count } arvosanaa
}, { $window }

# Tavoitteen sivu.
what-is-agreed = Mitä on sovittu
what-is = Missä ollaan
row-why = Miksi
row-share = { $measure ->
    [contacts] Tavoitteessa
   *[other] Tavoiteajassa
}
row-level = Sovittu taso
row-decided = Tikettejä mukana
row-missed = { $measure ->
    [contacts] Yli tavoitteen
   *[other] Yli tavoiteajan
}
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
row-hours = Aukioloajat
hours-of-each-team = kunkin tiimin omat
hours-of-unclaimed = vailla vastuutiimiä:
levels = Tasot ajan mittaan
column-when = Milloin
column-level = Taso
in-force = voimassa
before-day = ennen { $day }
since-then = siitä lähtien
level-within = { $share }, { $measure ->
    [contacts] enintään { $target }
   *[other] tavoiteaika { $target }
}, { $window }, vähintään { $minimum ->
    [one] 1 tiketti
   *[other] { $minimum } tikettiä
}
level-none-over = kukaan ei yli{"\u00A0"}{ $limit }, { $window }
levels-hours = Aiemmat ajat arvioidaan niiden aukioloaikojen mukaan, jotka silloin olivat voimassa.
allowed-among = { $allowed }, kun tikettejä on { $of }
agreed-on = { $date }, { $count ->
    [one] 1 sopija
   *[other] { $count } sopijaa
}
decided-explained = { $measure ->
    [contacts] Mukana ovat tiketit, jotka ratkaistiin jakson aikana.
   *[other] Mukana ovat tiketit, joihin vastattiin jakson aikana, ja ne yli tavoiteajan olevat, jotka odottavat nyt tai jäivät vastaamatta.
}
due-soon-explained = Kohta yli: tavoiteajasta on kulunut vähintään 80 %.

# Mihin yli tavoiteajan menneiden odotus kului.
went = Mihin yli menneiden odotus kului
went-explained = { $count ->
    [one] Yhden yli tavoiteajan menneen tiketin koko odotus alusta loppuun tai tähän hetkeen.
   *[other] Kaikkien { $count } yli tavoiteajan menneen tiketin koko odotus, kunkin alusta loppuun tai tähän hetkeen.
} Tiimin aika on sen aukioloaikaa.
column-place = Missä
column-part-of = Osuus
column-time = Aika
place-pending = odottaa asiakasta
place-on-hold = odottaa kolmatta osapuolta
place-closed = suljettuna

# Muihin verrattuna, ja mitä asiakkaat sanovat.
market = Muihin verrattuna
market-behind = Muut pystyvät parempaan: meillä sovittua pienempi osa tiketeistä yltää samaan kuin muilla.
market-line = { $measure ->
    [contacts] Muilla enintään { $target }; samaan yltää meillä { $share }
   *[other] Muut selviävät ajassa { $target }; samaan yltää meillä { $share }
}
market-share = { $share } ({ $decided } tiketistä)
row-market = { $measure ->
    [contacts] Muilla enintään
   *[other] Muut selviävät ajassa
}
row-market-share = Samaan yltää meillä
row-market-source = Lähde
row-market-as-of = Tilanne
rated = Sopiiko tämä taso asiakkaillemme?
rated-explained = Asiakkaiden arvosanat (1–5) sen mukaan, kauanko he olivat odottaneet tavoiteaikaan nähden.
column-band = { $measure ->
    [contacts] Kysymyskertoja
   *[other] Odotusaika
}
column-ratings = Arvosanoja
column-mean = Keskiarvo
band-up-to-half = enintään puolet tavoiteajasta
band-within = yli puolet, tavoiteajassa
band-up-to-double = yli tavoiteajan, enintään kaksinkertainen
band-beyond = yli kaksinkertainen

# Ei löytynyt.
not-found-title = Sivua ei löydy
not-found-team = Sen nimistä tiimiä ei ole. Ehkä se on nimetty uudelleen, tai sen sopimusta ei ole vielä määritelty.
not-found-objective = Tällä tiimillä ei ole sen nimistä tavoitetta. Ehkä sopimus on muuttunut.
not-found-page = Ehkä linkki on vanha tai siitä puuttuu kirjain.
back = Takaisin kaikkiin tiimeihin
back-to-team = Takaisin tiimin sivulle
