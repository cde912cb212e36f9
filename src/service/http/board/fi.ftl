# Taulun tekstit suomeksi. Kirjoitustapa: https://projectfluent.org/fluent/guide/

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
working-days = { $count ->
    [one] 1{"\u00A0"}työpäivä
   *[other] { $count }{"\u00A0"}työpäivää
}
# Sanan "yli" jäljessä.
working-days-limit = { $count ->
    [one] 1{"\u00A0"}työpäivän
   *[other] { $count }{"\u00A0"}työpäivää
}
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
as-of = Tilanne { $at } ({ $zone })
languages = Kieli
you-are-here = Olet tässä
legend-bar = Palkin täytetty osa näyttää, kuinka suuri osa tiketeistä ehti tavoiteajassa. Palkin poikki kulkeva viiva on sovittu taso.
legend-trouble = Ensin ovat tiimit, joilla on vaikeaa: ne, jotka eivät pysy tasollaan, sitten vaarassa olevat, sitten tiketit, joihin kukaan ei ole sopinut vastaavansa. Näiden sisällä järjestys on aakkosellinen, koko organisaatio viimeisenä.
legend-order = Tiimit ovat aakkosjärjestyksessä.
legend-refresh = Sivu pysyy itsestään ajan tasalla.

# Etusivu.
order = Järjestys
order-trouble = Vaikeudet ensin
order-name = A–Ö
to-team = Tiimin sivu
overview-why = { $measure }: { $reason }, { $window }
overview-agreed = sovittu { $agreed }
overview-over = { $count } yli { $limit }
overview-longest = pisin odotus
overview-nobody-waits = kukaan ei odota
overview-waits-too-long = Odottaa liian kauan
overview-not-agreed = Tasosta ei ole vielä sovittu.
overview-not-agreed-waits = Tasosta ei ole sovittu, ja { $count ->
    [one] 1 asiakas odottaa
   *[other] { $count } asiakasta odottaa
} vastausta. Joku on odottanut liian kauan.
overview-unclaimed = { $count ->
    [0] Täällä ei odota kukaan.
    [one] 1 asiakas odottaa, eikä tiketti ole kenelläkään.
   *[other] { $count } asiakasta odottaa, eivätkä tiketit ole kenelläkään.
}
overview-unclaimed-waits = { $count ->
    [one] 1 asiakas odottaa, eikä tiketti ole kenelläkään.
   *[other] { $count } asiakasta odottaa, eivätkä tiketit ole kenelläkään.
} Joku on odottanut liian kauan.

# Kun tietoon ei voi luottaa.
frozen-title = Tieto ei ole ajan tasalla
frozen-kept = Värit ja luvut näyttävät tilanteen { $at }. Ne eivät muutu, ennen kuin tieto on taas ajan tasalla.
frozen-reading = Tiimien tilanne näytetään, kun kaikki tapahtumat on luettu.
not-ready-starting = Vaste on juuri käynnistynyt.
not-ready-trouble = Vaste ei juuri nyt saa uusia tapahtumia.
not-ready-unknown = Vaste ei vielä saa tapahtumia.
not-ready-elsewhere = Vaste saa juuri nyt vain osan tapahtumista.
not-ready-behind = Vaste lukee vielä aiempia tapahtumia.
not-ready-full = Avoimia tikettejä on enemmän kuin Vasteen muistiin mahtuu. Uusia tikettejä ei lasketa.
not-ready-jumped = Vasteen tietokoneen kello muuttui äkisti. Vaste odottaa, kumpi aika on oikea.
not-ready-overloaded = Vaste on juuri nyt liian hidas. Sen tietokoneella voi olla liikaa tehtävää.

# Tavoitteen tila.
state-met = Täyttyy
state-at-risk = Vaarassa jäädä täyttymättä
state-missed = Ei täyty
state-insufficient-data = Liian vähän tietoa
state-frozen = Tieto ei ole ajan tasalla
state-reading = Tietoja luetaan
state-not-agreed = Tasosta ei ole sovittu
state-unclaimed = Vailla vastuutiimiä
state-as-of = { $state } (tilanne { $at })
behind-market = Muita jäljessä
pauses-never = Tästä tavoitteesta on sovittu: kello ei pysähdy koskaan.
pauses-pending = Tästä tavoitteesta on sovittu: kello pysähtyy, kun tiketti odottaa asiakasta.
pauses-on-hold = Tästä tavoitteesta on sovittu: kello pysähtyy, kun tiketti odottaa kolmatta osapuolta.
pauses-both = Tästä tavoitteesta on sovittu: kello pysähtyy, kun tiketti odottaa asiakasta tai kolmatta osapuolta.

# Tiimin tila: sen huonoimmassa tilassa olevat tavoitteet.
team-met = { $count ->
    [one] Tavoite täyttyy
    [2] Molemmat tavoitteet täyttyvät
   *[other] Kaikki { $count } tavoitetta täyttyvät
}
team-at-risk = { $count ->
    [one] 1 tavoite on vaarassa jäädä täyttymättä
   *[other] { $count } tavoitetta on vaarassa jäädä täyttymättä
}
team-missed = { $count ->
    [one] 1 tavoite ei täyty
   *[other] { $count } tavoitetta ei täyty
}
team-insufficient-data = { $count ->
    [one] Liian vähän tietoa 1 tavoitteesta
   *[other] Liian vähän tietoa { $count } tavoitteesta
}
team-not-agreed-why = Tiimin vastausajat mitataan, ja tiimillä on oma sivunsa, vaikka tasosta ei ole sovittu.
unclaimed = Vailla vastuutiimiä
unclaimed-why = Tiketit, joilla ei ole tiimiä tai joiden tiimillä ei ole sopimustiedostoa. Ne näkyvät tässä, jotta ne eivät unohdu.
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
    [first_reply] Aika asiakkaan ensimmäisestä viestistä asiakaspalvelijan ensimmäiseen vastaukseen.
    [next_reply] Aika asiakkaan vanhimmasta vastaamattomasta viestistä asiakaspalvelijan seuraavaan vastaukseen.
    [update] Aika asiakaspalvelijan vastauksesta seuraavaan. Aikaa, jonka tiketti odotti asiakasta, ei lasketa mukaan.
    [customer_wait] Aika tiketin luomisesta sen ratkaisuun. Aikaa, jonka tiketti odotti asiakasta, ei lasketa mukaan.
    [agent_work] Aika tiketin luomisesta sen ratkaisuun. Aikaa, jonka tiketti odotti asiakasta tai kolmatta osapuolta, ei lasketa mukaan.
    [ownership] Aika siitä, kun tiimi saa tiketin, siihen, kun tiketti siirtyy muualle tai ratkaistaan. Aikaa, jonka tiketti odotti asiakasta, ei lasketa mukaan.
    [contacts] Kuinka monta kertaa asiakas joutui kysymään uudelleen ennen ratkaisua: viestit ensimmäisen jälkeen ja uudelleenavaukset.
    [resolution] Aika tiketin luomisesta sen ratkaisuun. Jos tiketti avataan uudelleen, kello käy taas, kunnes se on ratkaistu.
   *[first_resolution] Aika tiketin luomisesta sen ensimmäiseen ratkaisuun.
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
    [customer_wait] pitää asiakasta odottamassa enintään tavoiteajan. Tavoiteaika on { $target }
    [agent_work] käsitellään tavoiteajassa. Tavoiteaika on { $target }
    [resolution] ratkaistaan tavoiteajassa. Tavoiteaika on { $target }
    [ownership] on tiimillä enintään tavoiteajan. Tavoiteaika on { $target }
    [contacts] ratkeaa niin, ettei asiakas joudu kysymään uudelleen tavoitetta useammin. Tavoite on enintään { $target }
   *[first_resolution] ratkaistaan ensimmäisen kerran tavoiteajassa. Tavoiteaika on { $target }
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
agreed-unanswered = Päättyneistä enintään { $max } saa { $measure ->
    [first_reply] jäädä vastaamatta
    [next_reply] jäädä vastaamatta
    [update] päättyä ilman väliaikatietoa
   *[other] päättyä ratkaisutta
}.
targets = { $target } ({ $others })
target-low = vähäkiireiset { $target }
target-normal = tavalliset { $target }
target-high = tärkeät { $target }
target-urgent = kiireelliset { $target }
window-last-hour = viimeisin tunti
window-last = viimeiset { $length }

# Miksi tavoite on tilassaan.
share-of = { $decided ->
    [one] 1 tiketistä
   *[other] { $decided } tiketistä
} { $share } { $measure ->
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
    [0] yksikään ei odota enää
   *[other] { $waiting } odottaa yhä
}
below-minimum = arvioon tarvitaan { $minimum } tikettiä
spam-over-target = { $count ->
    [one] roskapostiksi merkittiin 1 tavoitteen ylittänyt
   *[other] roskapostiksi merkittiin { $count } tavoitteen ylittänyttä
}
unanswered-line = { $share } { $measure ->
    [first_reply] jäi vastaamatta
    [next_reply] jäi vastaamatta
    [update] päättyi ilman väliaikatietoa
   *[other] päättyi ratkaisutta
}
unanswered-line-max = { $share } { $measure ->
    [first_reply] jäi vastaamatta
    [next_reply] jäi vastaamatta
    [update] päättyi ilman väliaikatietoa
   *[other] päättyi ratkaisutta
} (sovittu enintään { $max })
unanswered-of = { $unanswered }/{ $ended } ({ $share })
history-too-short = Tiedot alkavat vasta { $at }, mutta jakso alkaa jo sitä ennen
why-counts = { $missed ->
    [0] Yksikään { $decided } tiketistä ei ole yli tavoiteajan
   *[other] { $decided } tiketistä { $missed } on yli tavoiteajan
}; taso sallii { $allowed }.
why-at-risk = Taso täyttyy, mutta suurin osa sallituista ylityksistä on jo käytetty.
why-excess-spam = { $count ->
    [one] Taso täyttyisi, mutta 1 tavoitteen ylittänyt tiketti merkittiin roskapostiksi: enemmän kuin taso sallii ylityksiä.
   *[other] Taso täyttyisi, mutta { $count } tavoitteen ylittänyttä tikettiä merkittiin roskapostiksi: enemmän kuin taso sallii ylityksiä.
}
why-unanswered = Liian moni tiketti { $measure ->
    [first_reply] jäi vastaamatta
    [next_reply] jäi vastaamatta
    [update] päättyi ilman väliaikatietoa
   *[other] päättyi ratkaisutta
}: { $ended } päättyneestä { $share }, kun sovittu on enintään { $max }.
why-missed-certain = Taso jää varmasti täyttymättä: { $minimum } tiketistä liian moni olisi myöhässä, vaikka kaikki loput ehtisivät tavoiteajassa.
why-few = Arvioon tarvitaan { $minimum } tikettiä, nyt niitä on { $decided }.
why-history = Tiedot alkavat vasta { $at }, mutta jakso alkaa jo sitä ennen.
why-frozen = Uutta arviota ei tehdä, kun tieto ei ole ajan tasalla.
why-none-over-met = Kukaan ei odota sovittua kauemmin.
why-none-over-missed = Joku on odottanut sovittua kauemmin ja odottaa yhä tai jäi vaille vastausta.

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
waiting-caption = Odottavat nyt
over-target-line = { $count } yli tavoiteajan
due-soon-line = { $count } kohta yli
nobody = ei kukaan
wait-since = { $count }, pisin odotus { $wait } (alkoi { $at })
nothing-yet = Viimeiset { $length }: ei yhtään vastattua, odottavaa eikä vastaamatta jäänyttä tikettiä.
summary-answered = Viimeiset { $length }: { $measure ->
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
summary-half = { $measure ->
    [contacts] puolessa enintään { $wait }
   *[other] puolet enintään { $wait }
}
summary-most = { $measure ->
    [contacts] 90 prosentissa enintään { $wait }
   *[other] 90{"\u00A0"}% enintään { $wait }
}

# Tiimin sivu.
objectives = Tavoitteet
readings = Kuinka kauan asiakkaat odottavat
times-are-open = Ajat ovat aukioloaikaa.
readings-explained = Joka rivi on tähän hetkeen päättyvä jakso. Mediaani: puolet tiketeistä oli nopeampia, puolet hitaampia. ”90 % enintään”: yhdeksän kymmenestä ehti tässä ajassa. ”Odottavat mukana” ottaa huomioon nekin, jotka yhä odottavat, joten kasvava jono näkyy heti.
column-window = Jakso
column-answered = { $measure ->
    [first_reply] Vastattu
    [next_reply] Vastattu
    [update] Tiedotettu
    [ownership] Siirretty tai ratkaistu
   *[other] Ratkaistu
}
column-half = Mediaani
column-most = 90{"\u00A0"}% enintään
column-most-waiting = 90{"\u00A0"}% enintään, odottavat mukana
column-given-up = { $measure ->
    [first_reply] Jäi vastaamatta
    [next_reply] Jäi vastaamatta
    [update] Päättyi ilman väliaikatietoa
   *[other] Päättyi ratkaisutta
}
too-few = liian harva tiketti odotti niin pitkään ({ $count })
none = –
agreement = Sopimus
split-caption = Erittely, { $window }
column-split = Tiketit
split-priority = { $priority ->
    [low] vähäkiireiset
    [normal] tavalliset
    [high] tärkeät
    [urgent] kiireelliset
   *[none] luokittelemattomat
}
split-channel = kanava
split-channel-other = muut kanavat
ratings = Arvosanat
row-rated = Asiakkaiden arvosanat
row-reviewed = Arviot tikettien hoidosta
ratings-line = Keskiarvo { $mean } / 5, { $count ->
    [one] 1 arvosana
   *[other] { $count } arvosanaa
}, { $window }

flags = Mikä muutti lukuja ilman nopeampaa vastausta
flags-explained = Jokainen näistä on joskus aivan tavallista. Jokaisella voi myös saada luvut näyttämään todellista paremmilta, joten katsokaa niitä yhdessä. Jakso: { $window }.
flag-deleted = { $count ->
    [one] 1 odottava tiketti poistettiin
   *[other] { $count } odottavaa tikettiä poistettiin
}
flag-spam = { $count ->
    [one] 1 odottava tiketti merkittiin roskapostiksi
   *[other] { $count } odottavaa tikettiä merkittiin roskapostiksi
}
flag-no-reply-needed = { $count ->
    [one] 1 viestiin ei katsottu tarvittavan vastausta
   *[other] { $count } viestiin ei katsottu tarvittavan vastausta
} ({ $share } kaikista päättyneistä)
flag-reopened = { $count ->
    [one] 1 valmis tiketti avattiin uudelleen, eikä sama tiimi ole ratkaissut sitä: jos se myöhästyi, se näkyy yhä myöhästyneenä
   *[other] { $count } valmista tikettiä avattiin uudelleen, eikä sama tiimi ole ratkaissut niitä: myöhästyneet näkyvät yhä myöhästyneinä
}
flag-answered-before-created = { $count ->
    [one] 1 tikettiin oli vastattu jo ennen kuin se luotiin, joten se näkyy heti vastattuna
   *[other] { $count } tikettiin oli vastattu jo ennen kuin ne luotiin, joten ne näkyvät heti vastattuina
}
flag-answered-at-once = { $count ->
    [one] 1 vastaus tuli 10 sekunnissa: lähtikö se automaattisesti?
   *[other] { $count } vastausta tuli 10 sekunnissa: lähtivätkö ne automaattisesti?
}
flag-answered-near-target = { $count ->
    [one] 1 vastaus tuli juuri ennen tavoiteajan päättymistä
   *[other] { $count } vastausta tuli juuri ennen tavoiteajan päättymistä
}
flag-answered-by-undeclared-team = { $count ->
    [one] 1 vastauksessa oli tiimi, jolla ei ole sopimusta: vastaus kuuluu tiketin tiimille
   *[other] { $count } vastauksessa oli tiimi, jolla ei ole sopimusta: vastaukset kuuluvat tiketin tiimille
}
flag-answered-by-other-team = { $count ->
    [one] Tiimin 1 tikettiin vastattiin toisen tiimin nimissä: odotus on sen tiimin
   *[other] Tiimin { $count } tikettiin vastattiin toisten tiimien nimissä: odotukset ovat niiden tiimien
}
flag-created-missing = { $count ->
    [one] 1 tikettiä käsiteltiin, mutta sen luontiaikaa ei tiedetä
   *[other] { $count } tikettiä käsiteltiin, mutta niiden luontiaikaa ei tiedetä
}
flag-created-late = { $count ->
    [one] 1 tiketti luotiin vasta, kun sille oli jo tapahtunut jotain
   *[other] { $count } tikettiä luotiin vasta, kun niille oli jo tapahtunut jotain
}
flag-id-sent-twice = { $count ->
    [one] 1 tapahtuma lähetettiin kahdesti eri sisällöllä: aiempi niistä lasketaan
   *[other] { $count } tapahtumaa lähetettiin kahdesti eri sisällöllä: aiempi kustakin lasketaan
}
flag-made-by-agent = { $count ->
    [one] 1 tiketin loi oma väki: ensivastausta ei odoteta ennen kuin asiakas kirjoittaa
   *[other] { $count } tikettiä loi oma väki: ensivastausta ei odoteta ennen kuin asiakas kirjoittaa
}
flag-merged-waiting = { $count ->
    [one] 1 odottava tiketti yhdistettiin toiseen, eikä sen odotus jatku siellä
   *[other] { $count } odottavaa tikettiä yhdistettiin toisiin, eikä niiden odotus jatku siellä
}
flag-moved-waiting = { $count ->
    [one] 1 odottava tiketti siirrettiin toiselle tiimille
   *[other] { $count } odottavaa tikettiä siirrettiin toisille tiimeille
}
flag-paused = { $count ->
    [one] Kerran kello pysäytettiin
   *[other] { $count } kertaa kello pysäytettiin
}
flag-paused-unanswered = { $count ->
    [one] Kerran kello pysäytettiin, vaikka asiakas odotti vastausta
   *[other] { $count } kertaa kello pysäytettiin, vaikka asiakas odotti vastausta
}
flag-reopened-for-nothing = { $count ->
    [one] 1 uudelleen avaus jätettiin laskematta, koska viesti ei kaivannut vastausta
   *[other] { $count } uudelleen avausta jätettiin laskematta, koska viestit eivät kaivanneet vastausta
}
flag-priority-lowered = { $count ->
    [one] 1 odottavan tiketin kiireellisyyttä laskettiin
   *[other] { $count } odottavan tiketin kiireellisyyttä laskettiin
}
flag-wrote-after-solved = { $count ->
    [one] 1 asiakas kirjoitti ratkaistuun tikettiin, eikä sitä avattu uudelleen
   *[other] { $count } asiakasta kirjoitti ratkaistuihin tiketteihin, eikä niitä avattu uudelleen
}

# Tavoitteen sivu.
heading-agreed = Mitä on sovittu
heading-state = Missä mennään
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
row-spam-over-target = { $measure ->
    [contacts] Roskapostiksi yli tavoitteen
   *[other] Roskapostiksi yli tavoiteajan
}
row-unanswered-max = Sovittu enintään
row-allowed = Taso sallii ylityksiä
row-left = Ylityksiä jäljellä
row-overspent = Ylityksiä liikaa
row-over-target = Odottaa yli tavoiteajan
row-due-soon = Kohta yli tavoiteajan
row-window = Jakso
row-agreed-on = Sovittu
row-look-again = Katsotaan uudelleen
row-runbook = Toimintaohje
row-name = Nimi tiedostossa
row-hours = Aukioloajat
hours-of-each-team = kunkin tiimin omat
hours-of-unclaimed = tiketeillä vailla vastuutiimiä
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
level-unanswered = enintään { $max } { $measure ->
    [first_reply] vastaamatta
    [next_reply] vastaamatta
    [update] ilman väliaikatietoa
   *[other] ratkaisutta
}
level-none-over = kukaan ei yli{"\u00A0"}{ $limit }, { $window }
levels-hours = Kukin aika lasketaan niiden aukioloaikojen mukaan, jotka silloin olivat voimassa.
heading-changes = Sopimuksen muutokset
changes-explained = Mitä tiedostoissa on muutettu, viimeisin muutos ensin, ja mitkä tulokset muutosta edeltäneiltä neljältä viikolta ovat entisen ja uuden tekstin mukaan.
change-loaded = Voimassa alkaen
change-new = Tavoite on uusi: aiemmissa sopimuksissa ei ollut tämännimistä tavoitetta.
change-looser = väljempi
change-verdicts = Tulokset kummankin tekstin mukaan
change-pending = Tulokset kummankin tekstin mukaan lasketaan, kun tiedot ovat ajan tasalla.
change-not-computed = Tuloksia kummankin tekstin mukaan ei voitu laskea tässä. Ne saa tapahtumista tällä komennolla:
column-setting = Asetus
column-former = Ennen
column-present = Jälkeen
change-verdict = { $state }: { $missed }/{ $decided } yli tavoitteen
change-verdict-limit = { $state }: { $missed ->
    [one] 1 tiketti
   *[other] { $missed } tikettiä
} yli rajan
allowed-among = { $allowed }, kun tikettejä on { $of }
agreed-on = { $date }, sopimassa { $count ->
    [one] 1 henkilö
   *[other] { $count } henkilöä
}
decided-explained = { $measure ->
    [first_reply] Mukana ovat tiketit, joihin vastattiin jakson aikana, sekä tavoiteajan ylittäneet, jotka odottavat yhä tai jäivät vastaamatta.
    [next_reply] Mukana ovat tiketit, joihin vastattiin jakson aikana, sekä tavoiteajan ylittäneet, jotka odottavat yhä tai jäivät vastaamatta.
    [update] Mukana ovat jakson aikana annetut väliaikatiedot sekä tavoiteajan ylittäneet tiketit, jotka odottavat yhä tai päättyivät ilman väliaikatietoa.
    [contacts] Mukana ovat tiketit, jotka ratkaistiin jakson aikana.
    [ownership] Mukana ovat tiketit, jotka siirrettiin tai ratkaistiin jakson aikana, sekä tavoiteajan ylittäneet, jotka ovat yhä tiimillä tai päättyivät ratkaisutta.
   *[other] Mukana ovat tiketit, jotka ratkaistiin jakson aikana, sekä tavoiteajan ylittäneet, jotka ovat yhä kesken tai päättyivät ratkaisutta.
}
heading-certainty = Kuinka varmaa tämä on
interval-wide = Tikettejä on vähän, joten sattumalla on osansa. Jos tiimi jatkaa näin, sen kaikista tiketeistä { $low }–{ $high } on tavoitteessa. (Tällainen väli pitää paikkansa yhdeksän kertaa kymmenestä.)
interval = Jos tiimi jatkaa näin, sen kaikista tiketeistä { $low }–{ $high } on tavoitteessa. (Tällainen väli pitää paikkansa yhdeksän kertaa kymmenestä.)
alert-confidence = Hälytys alkaa, kun on { $confidence }:n varmuus siitä, että osuus jää alle sovitun tason ({ $level }), ja päättyy, kun varmuus on alle 50{"\u00A0"}%.
alert-evidence = Nyt varmuus on { $probability }: { $decided } tiketistä { $missed } on yli tavoitteen ({ $window }).
alert-evidence-few = Nyt varmuus on { $probability }: { $decided } tiketistä { $missed } on yli tavoitteen ({ $window }). Kun tikettejä on näin vähän, varmuutta tarvitaan { $needed } eikä { $confidence }.
alert-unanswered = Se alkaa myös, kun on yhtä varmaa, että yli { $max } { $measure ->
    [first_reply] jää vastaamatta
    [next_reply] jää vastaamatta
    [update] päättyy ilman väliaikatietoa
   *[other] päättyy ratkaisutta
}.
alert-evidence-unanswered = Nyt varmuus siitä on { $probability }: { $decided } päättyneestä { $missed } ({ $window }). Hälytykseen tarvitaan { $needed }.
alert-plain = Hälytys seuraa arviota.
long-waits-explained = Myöhässä oleva tiketti on mukana niin kauan kuin se odottaa ja vielä yhden jakson vastauksen jälkeen, joten pitkä odotus painaa osuudessa enemmän kuin lyhyt.
due-soon-explained = Kohta yli: tavoiteajasta on kulunut vähintään 80{"\u00A0"}%.

# Mihin tavoiteajan ylittäneiden aika kului.
breakdown = Mihin tavoiteajan ylittäneiden aika kului
breakdown-explained = { $count ->
    [one] Tavoiteajan ylittäneen tiketin koko odotus alusta loppuun tai tähän hetkeen.
   *[other] Kaikkien { $count } tavoiteajan ylittäneen tiketin odotus yhteensä, kunkin alusta loppuun tai tähän hetkeen.
} Tiimin ajaksi lasketaan vain sen aukioloaika.
column-location = Missä
column-share = Osuus
column-time = Aika
location-pending = odotti asiakasta
location-on-hold = odotti kolmatta osapuolta
location-closed = aukioloajan ulkopuolella

# Vertailu muihin ja asiakkaiden arvosanat.
market = Muihin verrattuna
market-behind = Muut pystyvät parempaan: samaan yltää meillä pienempi osa tiketeistä kuin on sovittu.
market-line = { $measure ->
    [contacts] Muilla enintään { $target }
   *[other] Muilla aika on { $target }
}; samaan yltää meillä { $share }
market-share = { $share } ({ $decided } tiketistä)
row-market = { $measure ->
    [contacts] Muilla enintään
   *[other] Muilla aika on
}
row-market-share = Samaan yltää meillä
row-market-source = Lähde
row-market-as-of = Ajankohta
ratings-by-wait = Sopiiko tämä taso asiakkaillemme?
ratings-by-wait-explained = Asiakkaiden arvosanat (1–5) sen mukaan, kauanko he olivat odottaneet tavoiteaikaan verrattuna.
column-band = { $measure ->
    [contacts] Kysymyskertoja
   *[other] Odotusaika
}
column-ratings = Arvosanoja
column-mean = Keskiarvo
band-up-to-half = enintään puolet tavoitteesta
band-within = yli puolet, mutta tavoitteessa
band-up-to-double = yli tavoitteen, enintään kaksinkertainen
band-beyond = yli kaksinkertainen

# Ei löytynyt.
not-found-title = Sivua ei löydy
not-found-team = Tämän nimistä tiimiä ei ole. Se on ehkä nimetty uudelleen, tai sen sopimustiedosto puuttuu.
not-found-objective = Tällä tiimillä ei ole tämän nimistä tavoitetta. Sopimus on ehkä muuttunut.
not-found-page = Linkki on ehkä vanha, tai siitä puuttuu osa.
back = Takaisin kaikkiin tiimeihin
back-to-team = Takaisin tiimin sivulle

# Mennyt aika.
trend-better = paranemassa
trend-steady = ennallaan
trend-worse = huononemassa
trend-rule = ({ $length } sitten ja nyt; parempi tai huonompi, kun eroa on vähintään kaksi prosenttiyksikköä ja kolme tikettiä)
strip-label = Viimeiset { $days } päivää: ei täyttynyt { $missed } päivänä, vaarassa { $at-risk }, täyttyi { $met }
strip-caption = Tilanne kunakin { $days } viime päivänä: täysi palkki: taso ei täyty, kaksi kolmasosaa: vaarassa, kolmasosa: täyttyy. Päivä on niin kuin useimmat sen tunnit.
strip-see-table = Luvut ovat alla taulukossa.
heading-past = Miten on mennyt
as-table = Taulukkona
column-day = Päivä
column-day-verdict = Suurin osa päivästä
column-past-share = Osuus tavoiteajassa
column-over-target = Yli tavoiteajan
column-decided = Laskettuja tikettejä
plot-share = Osuus tavoiteajassa, kussakin kohdassa { $window }
plot-over = Tikettejä yli rajan, kussakin kohdassa { $window }
key-share = osuus tavoiteajassa
key-over = tikettejä yli rajan
key-agreed = sovittu
key-market = markkinoiden tavoiteajassa
key-change = tasoa muutettiin
heading-week = Milloin asiakkaat kysyvät ja milloin heille vastataan
week-unheard = { $all ->
    [one] Yksi odotus
   *[other] { $all } odotusta
} alkoi neljän viikon aikana, niistä { $count } sellaisina viikon tunteina, joina kenellekään ei vastattu.
week-arrived = Odotus alkoi
week-answered = Jollekulle vastattiin
week-legend = Mitä tummempi, sitä enemmän sinä viikon tuntina neljän viime viikon aikana. Kukin sarake on yksi vuorokauden tunti.
week-hour = { $weekday } { $from }–{ $to }: { $arrived } alkoi, { $answered } vastattiin

# Mitä toinen tavoiteaika olisi tarkoittanut.
heading-tried = Mitä toinen tavoiteaika olisi tarkoittanut
tried-explained = Siirrä tavoiteaikaa. Luvut ovat omista tiketeistänne: niin kuin tästä tavoiteajasta olisi sovittu neljä viikkoa sitten; viimeksi laskettu { $at }.
tried-caption = Osuus kussakin tavoiteajassa, { $window }
tried-slider = Tavoiteaika
key-agreed-target = sovittu tavoiteaika
tried-share = Tavoiteaika { $target }: { $share }, tikettejä { $decided }.
tried-over = Raja { $target }: { $count ->
    [one] yksi tiketti yli rajan.
   *[other] { $count } tikettiä yli rajan.
}
tried-days = { $known ->
    [0] Minään päivänä ei ollut tarpeeksi tikettejä.
   *[other] Taso ei olisi täyttynyt { $missed } päivänä; laskettavissa olevia päiviä on { $known }.
}
days-of = { $missed } / { $known }
column-tried-target = Tavoiteaika
column-missed-days = Päiviä, joina ei täyty

# Kuinka kauan tiketit ovat odottaneet.
heading-ages = Kuinka kauan he ovat odottaneet
column-age = Odotus
age-up-to = enintään { $to }
age-between = { $from } – { $to }
age-over = yli { $from }
legend-strip = Pienet palkit ovat viimeiset 30 päivää: täysi palkki: taso ei täyty, kaksi kolmasosaa: vaarassa, kolmasosa: täyttyy. ”Paranemassa” ja ”huononemassa” vertaavat viikon takaiseen (lyhyemmillä jaksoilla vuorokauden takaiseen): vähintään kaksi prosenttiyksikköä ja kolme tikettiä.
# Auki oleva sivu ja seinänäyttö.
connection-lost = Vasteeseen ei ole yhteyttä. Sivu yrittää uudelleen.
connection-lost-as-of = Vasteeseen ei ole yhteyttä. Värit ja luvut näyttävät tilanteen { $at }. Sivu yrittää uudelleen.
for-the-operator = Vasteen ylläpitäjälle
wall-link = Näytä seinänäytöllä
# Tiketit tunnuksittain, ja mikä voi olla syynä, kun taso jää saavuttamatta.
heading-tickets = Tiketit yli tavoiteajan tai kohta yli
heading-longest-waits = Pisimpään odottaneet tiketit
tickets-counts = { $over ->
    [one] 1 tiketti on yli tavoiteajan
   *[other] { $over } tikettiä on yli tavoiteajan
}, { $soon } kohta yli.
tickets-none = Yksikään tiketti ei ole yli tavoiteajan eikä kohta yli.
tickets-first = Luettelossa on { $count } ensimmäistä, aikaisin määräaika ensin.
tickets-not-whole = Luetteloa kootaan vielä, ja siitä voi puuttua aikaisempia tikettejä.
tickets-more = Kaikki { $count } luetteloitua
tickets-csv = Lataa CSV-tiedostona
tickets-without-ids = Tämä Vaste ei näytä tikettien tunnuksia.
column-ticket = Tiketti
column-waited = Odottanut
column-due = Määräaika
column-left = Aikaa jäljellä
column-holder = Kenellä
column-priority = Kiireellisyys
desk = Tikettijärjestelmä
open-in-desk = Avaa tiketti { $ticket } tikettijärjestelmässä
paused = kello seisoo
paused-pending = odottaa asiakasta
paused-on-hold = odottaa kolmatta osapuolta
ticket-left = { $time } jäljellä
ticket-over-by = ylitetty { $time }
ticket-stays-over = ylitetty aiemman kiireellisyyden mukaan
ticket-priority = { $priority ->
    [low] vähäkiireinen
    [normal] tavallinen
    [high] tärkeä
   *[urgent] kiireellinen
}
list-mark = {", "}
why-time = Tavoiteajan ylittäneiden tikettien aika kului näin: { $parts }.
cause-unclaimed = ilman tiimiä { $percent }
cause-own-team = avoinna tiimillä { $percent }
cause-other-team = tiimillä { $team } { $percent }
cause-pending = asiakasta odottaen { $percent }
cause-on-hold = kolmatta osapuolta odottaen { $percent }
cause-closed = aukioloaikojen ulkopuolella { $percent }
why-waits = { $count ->
    [one] 1 tiketti odottaa nyt yli tavoiteajan
   *[other] { $count } tikettiä odottaa nyt yli tavoiteajan
}
why-waits-of-them = { $all }; niistä { $parts }.
cause-waits-unclaimed = { $count } ilman tiimiä
cause-waits-paused = { $count } asiakasta tai kolmatta osapuolta odottamassa
cause-waits-closed = { $count } aukioloaikojen ulkopuolella
cause-waits-urgent = { $count } kiireellistä
cause-waits-high = { $count } tärkeää
ticket-split = Tiketin tapahtumat tulivat topicin kahdessa osiossa, joten sitä ei lasketa. Jokaisen tapahtuman avaimeksi tarvitaan tiketin tunnus.
ticket-partial = Tiketin luomista ei tunneta, joten siitä alkavat kellot eivät käy.
ticket-not-yet = Ensimmäinen tapahtuma on vasta tulossa.
ticket-unknown = Tällä tunnuksella ei ole tikettiä. Se on voitu poistaa muistista pitkän hiljaisuuden jälkeen, tai sen tapahtumia ei ole luettu.
ticket-late = Tiketin tapahtumia ei saatu juuri nyt. Yritä hetken päästä uudelleen.
ticket-similar = Tarkoititko jotakin näistä?
ticket-condition = { $condition ->
    [open] avoinna
    [pending] odottaa asiakasta
    [on_hold] odottaa kolmatta osapuolta
    [solved] ratkaistu
    [merged] yhdistetty
    [deleted] poistettu
   *[spam] roskapostia
}
heading-life = Mitä tapahtui
heading-stopwatches = Kellot
heading-where-waited = Mihin odotus kului
column-stopwatch = Kello
column-of = Kenen lukuihin
column-open-time = Aukioloaikaa
column-elapsed = Kalenteriaikaa
ticket-column-target = Tavoiteaika
ticket-column-verdict = Tulos
ticket-now = nyt
ticket-due = Määräaika: { $stopwatch }
ticket-event = { $kind ->
    [created] luotu
    [customer_replied] asiakas kirjoitti
    [took_over] otti hoitaakseen tiketin
    [agent_replied] asiakaspalvelija vastasi
    [bot_replied] botti vastasi: ei ole vastaus
    [note_added] sisäinen muistiinpano: ei ole vastaus
    [no_reply_needed] asiakaspalvelijan mukaan vastausta ei tarvita
    [assigned] annettu tiimille
    [pending] odottaa asiakasta
    [on_hold] odottaa kolmatta osapuolta
    [resumed] jatkettu
    [solved] ratkaistu
    [reopened] avattu uudelleen
    [closed] suljettu
    [merged] yhdistetty tikettiin
    [deleted] poistettu
    [marked_spam] merkitty roskapostiksi
    [rated] asiakas antoi arvion
    [reviewed] käsittely arvioitu
   *[other] huoli
}
ticket-waits-since = asiakas odottanut alkaen
ticket-score = { $score }/5
ticket-undeclared = ei sopimusta
ticket-stretch = { $place ->
    [open] avoinna
    [closed] aukioloaikojen ulkopuolella
    [pending] odottaa asiakasta
    [on_hold] odottaa kolmatta osapuolta
    [solved] ratkaistuna
    [gone] poissa
   *[idle] avoinna, mutta ei mitään tehtävää
}
ticket-pauses = { $pauses ->
    [never] kello ei pysähdy
    [pending] pysähtyy asiakasta odotettaessa
    [on_hold] pysähtyy kolmatta osapuolta odotettaessa
   *[both] pysähtyy asiakasta tai kolmatta osapuolta odotettaessa
}
ticket-ended = { $state ->
    [waiting] odottaa
    [paused] kello seisoo
    [answered] valmis
    [deleted-miss] poistettu, ylitys jää voimaan
    [reopened-miss] avattu uudelleen eikä ratkaistu, ylitys jää voimaan
    [deleted] ei enää mukana: poistettu
    [no_reply_needed] ei enää mukana: vastausta ei tarvita
    [spam] ei enää mukana: roskapostia
    [closed] päättyi ilman vastausta: suljettu
    [merged] päättyi ilman vastausta: yhdistetty
   *[solved] päättyi ilman vastausta: ratkaistu
}
ticket-not-over = ei ylitystä
ticket-in-time = ajoissa
ticket-at-rest = josta { $time } tiketti oli ratkaistuna tai poissa
search = Hae
search-label = Tiketin tunnus tai tiimi
search-no-ticket = Minkään tiketin tunnus ei ala näin, eikä millään ole tätä numeroa.
search-no-team = Minkään tiimin nimessä ei ole tätä.
search-empty = Kirjoita tiketin tunnuksen alku, tiketin numero tai osa tiimin nimestä.
search-teams = Tiimit
search-more-teams = Tiimejä on { $count }; kirjoita nimestä enemmän.

# The stream: for developers who publish events.
stream-title = Tapahtumavirta
stream-link = Kehittäjille: tapahtumavirta ja tietueet, joita ei lasketa
stream-intro = Kehittäjille, jotka lähettävät tapahtumia. Määrät on laskettu Vasteen käynnistymisestä. Aihe (topic):
stream-current = Kaikki tapahtumat on luettu, ja tieto on ajan tasalla.
stream-partitions = Osiot
stream-partitions-explained = Kuinka pitkälle Vaste on lukenut kunkin osion (partition). Tieto ei ole ajan tasalla, ennen kuin kaikki osiot on luettu loppuun.
stream-no-partitions = Vaste ei vielä lue yhtään osiota.
stream-partition = Osio
stream-position = Seuraava offset
stream-end = Loppu
stream-lag = Lukematta
stream-last-event = Uusin tapahtuma
stream-caught-up = Luettu loppuun
stream-yes = kyllä
stream-no = ei
stream-unknown-types = Tuntemattomat tapahtumatyypit
stream-undeclared-teams = Tiimit, joilla ei ole sopimusta
stream-rejected = Hylätyt tietueet
stream-split-tickets = Tiketit, joiden tapahtumat ovat kahdessa osiossa
stream-explained = { $list ->
    [stream-unknown-types] Tietueet, joiden tyyppiä Vaste ei tunne, ohitetaan.
    [stream-undeclared-teams] Näiden tiimien tapahtumat lasketaan, mutta niiden tiketit eivät kuulu millekään tiimille, jolla on sopimus.
    [stream-rejected] Tietueet, joita Vaste ei pysty lukemaan, jätetään pois. Neuvo koskee kunkin syyn uusinta tietuetta.
   *[stream-split-tickets] Näiden tikettien tapahtumat tulivat useampaan kuin yhteen osioon. Tikettejä ei lasketa. Käytä tiketin tunnusta sen kaikkien tapahtumien avaimena (key).
}
stream-nothing = Ei yhtään Vasteen käynnistymisen jälkeen.
stream-records = { $count ->
    [one] 1 tietue:
   *[other] { $count } tietuetta, uusin:
}
stream-place = osio { $partition }, offset { $offset }
stream-key = avain
stream-source = lähde
stream-by-filter = Tyyppi, jonka asetuksen kafka.map suodatin on tehnyt
stream-did-you-mean = Tarkoititko
stream-or = tai
stream-advice = { $list ->
    [stream-unknown-types] Ei mitään, jos Vasteen ei tarvitse laskea näitä tapahtumia.
   *[other] Kirjoita tiimille sopimus tai korjaa tapahtumien tiimi.
}
stream-others = { $count ->
    [one] Lisäksi yhdellä tietueella on jokin muu nimi.
   *[other] Lisäksi { $count } tietueella on muita nimiä.
}
stream-split-count = { $count ->
    [one] Yhtä tikettiä ei lasketa.
   *[other] { $count } tikettiä jää laskematta.
}
stream-others-split = { $count ->
    [one] Luettelosta puuttuu vielä yksi.
   *[other] Luettelosta puuttuu vielä { $count }.
}
stream-in-partitions = osiot
stream-reason-of = { $reason ->
    [bad_id] Tunnus on tyhjä tai liian pitkä, tai siinä on merkkejä, joita ei sallita
    [bad_schema] Kenttä puuttuu, tai sen arvoa ei sallita
    [bad_team] Tiimin nimeä ei sallita
    [bad_timestamp] Aikaa ei voi lukea
    [filter_failed] Asetuksen kafka.map suodatin ei toimi tietueelle
    [future] Aika on tulevaisuudessa
    [malformed] Tietue ei ole JSONia
    [too_large] Tietue on liian pitkä
   *[unsupported_encoding] Tietue ei ole tavallista JSONia UTF-8-muodossa
}
past-since = { $state }, alkaen { $at }.
trend-figures = { $trend }: { $before } ({ $then }) → { $now } ({ $at })
overview-why-share = { $measure }: { $decided } tiketistä { $missed } yli { $target }, { $window }
overview-why-limit = { $measure }: { $missed } yli { $target }, { $window }

# The agenda of a team, and its forms.
agenda = Asialista
agenda-link = Asialista tiimin keskusteluun
agenda-link-concerns = { $count ->
    [one] yksi avoin huoli
   *[other] { $count } avointa huolta
}
agenda-link-tickets = { $count ->
    [one] yksi tiketti keskusteltavaksi
   *[other] { $count } tikettiä keskusteltavaksi
}
agenda-sent = Lähetetty. Se näkyy tällä sivulla hetken kuluttua.
agenda-refused = Sitä ei kirjattu
agenda-away = Sitä ei voitu juuri nyt lähettää
agenda-kept = Tekstisi on tallessa alla olevassa lomakkeessa. Korjaa se tai lähetä uudelleen.
agenda-concerns = Mikä huolettaa
agenda-no-concerns = Avoimia huolia ei ole.
agenda-raised = { $by }, { $at }
agenda-settled = selvitetty: { $by }, { $at }
agenda-open-for = avoinna { $wait }
agenda-settle = Selvitetty
agenda-raise = Kerro huolesta
agenda-what-worries = Mikä sinua huolettaa?
agenda-misses = Missä taso ei täyttynyt
agenda-no-misses = Kaikki tasot täyttyvät eikä mikään ole vaarassa.
agenda-time-went = Tavoiteajan ylittäneiden tikettien ajasta eniten kului täällä: { $place }, { $share }.
agenda-verdicts = Tilanne { $since } alkaen
agenda-verdict-changed = { $before } → { $now }
agenda-verdict-same = { $now }, kuten ennenkin
agenda-no-objectives = Mitään ei ole vielä sovittu.
agenda-decisions = Mitä päätettiin
agenda-no-decisions = Avoimia päätöksiä ei ole.
agenda-decided = { $by }, { $at }
agenda-owner = kuka: { $owner }
agenda-nobody = ei vielä kukaan
agenda-due = { $date } mennessä
agenda-done = tehty ({ $by }, { $at })
agenda-not-done = ei vielä tehty
agenda-late = myöhässä
agenda-finish = Tehty
agenda-decide = Kirjaa päätös
agenda-what-decided = Mitä päätettiin?
agenda-who = Kuka tekee, roolina (ei pakollinen)
agenda-until = Mihin mennessä (ei pakollinen)
agenda-notes = Viime vuorojen muistiinpanot
agenda-no-notes = Ei muistiinpanoja viimeisten neljän viikon ajalta.
agenda-noted = { $by }, { $at }
agenda-note = Jätä muistiinpano
agenda-what-noted = Mitä huomasit vuorosi aikana?
agenda-look-again = Mitä on aika tarkistaa
agenda-nothing-to-look-at = Sopimuksessa ei ole päivämäärää.
agenda-level = Sovitut tasot
agenda-look-now = aika tarkistaa, { $date } alkaen
agenda-look-later = { $date }
agenda-market-of = tieto muista on päivältä { $date }
agenda-by = Nimesi
agenda-someone = joku
agenda-no-words = (ei sanoja)
agenda-choose = valitse
agenda-brought = Tiimille tuotua
agenda-nothing-brought = Kukaan ei ole tuonut tikettiä.
agenda-score = arvio { $score }, 5 on paras
turn = Tarkistusvuoro
turn-link = Mitä vuorossa tarkistetaan
turn-none = Tiimin sopimuksessa ei ole tarkistusvuoroja.
own = Oma työ
own-link = Oma työ
own-heading = Omia vastauksiasi arvioitavaksi
own-of = Tämä lista on vain henkilölle { $member }.
own-nobody = Jokainen näkee vain oman listansa. Avaa sivu organisaatiosi kirjautumisen kautta.
own-show = Näytä listani
own-nothing = Tällä kertaa ei ole arvioitavaa.
own-answered = vastasit siihen
own-together = tämän arvioi moni
own-score = Annoit arvion { $score }; 5 on paras.
check-heading = Tarkistettavat tiketit
check-explained = Tiketit, joilla odotus päättyi välillä { $from } – { $to } vastaukseen tai muuten: ensin myöhästyneet, sitten vastaamatta jääneet, sitten arvotut.
check-count = Arvioitu { $done } / { $all }
agenda-shares = nyt { $now }, silloin { $before }
check-nothing = Yksikään odotus ei päättynyt sinä aikana.
check-missed = myöhästyi
check-unanswered = jäi vastaamatta
check-drawn = arvottu
check-open = ei vielä arvioitu
check-done = arvioitu
check-at-desk = palvelupisteessä
check-meters = Mitä muuta tarkistetaan
check-unclaimed = { $count ->
    [one] Yksi ottamaton tiketti odottaa
   *[other] { $count } ottamatonta tikettiä odottaa
}
check-undeclared = { $count ->
    [one] Tapahtumat nimeävät yhden tiimin, jolla ei ole sopimusta
   *[other] Tapahtumat nimeävät { $count } tiimiä, joilla ei ole sopimusta
}
judge = Arvioi
judge-score = Miten se hoidettiin? (5 on paras)
judge-choose = valitse
judge-not-apply = ei koske tätä
judge-note = Huomio (ei pakollinen)
judge-bring = Tuo tiimin keskusteluun
judge-send = Tallenna
differ-heading = Monen arvioimat
differ-explained = Saman tiketin arviot pienimmästä alkaen, ilman nimiä. Missä ne eroavat, puhukaa siitä, mikä on hyvä vastaus.
differ-whole = kokonaisuutena
# Tarkistusvuorot: tiimin sivu ja kalenteri.
duty = Tarkistusvuoro
duty-now = { $who ->
    [named] Vuorossa on { $member }. Vuoro vaihtuu { $at }.
    [nobody] Kukaan ei ole vuorossa, koska kaikki ovat poissa. Vuoro vaihtuu { $at }.
   *[unnamed] Vuoro vaihtuu { $at }.
}
duty-next = { $who ->
    [named] Seuraavaksi vuoroon tulee { $member }, { $at }.
    [nobody] Seuraavalla vuorolla ei ole tekijää, koska kaikki ovat silloin poissa. Se alkaa { $at }.
   *[unnamed] Seuraava vuoro alkaa { $at }.
}
duty-swap = Vuoro on vaihdettu.
duty-absence = Järjestyksessä edellinen on poissa.
duty-feed = Vuorot kalenteriohjelmaan
duty-calendar = Tarkistusvuorot: { $team }
duty-event = { $who ->
    [named] Tarkistusvuoro, { $team }: { $member }
    [nobody] Tarkistusvuoro, { $team }: ei ketään, kaikki ovat poissa
   *[unnamed] Tarkistusvuoro, { $team }
}


# The past as a file.
past-csv = Lataa tunneittain CSV-tiedostona
# When nobody answers.
week-silent-hours = Kukaan ei vastannut klo { $from }.00–{ $to }.00 näinä neljänä viikkona.
week-silent-days = Kukaan ei vastannut näinä päivinä: { $days }.
# Levels: one that was tried is taken over, and one is due for another look.
tried-yaml = Tämän tason rivit sopimuksessa
tried-copy = Kopioi YAMLina
tried-copied = Kopioitu. Vaihda rivit tavoitteen samoilla sanoilla alkavien rivien tilalle; `name` ja `measure` jäävät. Tarkista tiedosto sitten komennolla `vaste check`.
look-again-due = päivä on mennyt. Katsokaa sopimusta ja sopikaa uusi päivä.
market-old = yli vuosi sitten. Selvittäkää, mihin muut nyt pystyvät.
own-explained = Tiketit, joilla odotus päättyi välillä { $from } – { $to }: muutama, joihin vastasit, arvalla valittuina, ja joka neljännellä vuorolla yksi, jonka usea arvioi. Sanojasi ja sitä, että arvosana on sinun, ei näytetä muille, ellet tuo tikettiä tiimille. Arvosana lasketaan tiimin keskiarvoon.
own-of-anyone = Lista: { $member }. Tällä koneella kuka tahansa voi valita nimen; välityspalvelimen takana sen näkee vain { $member }.
turn-being-made = Listaa tehdään. Se näkyy tällä sivulla hetken kuluttua.
agenda-markdown = Asialista Markdown-muodossa

# The agenda: what was brought to the team, and what was decided last time.
agenda-not-discussed = odottanut keskustelua { $wait }
agenda-discussed = keskusteltu ({ $by }, { $at })
agenda-discuss = Keskusteltu
agenda-what-came-of-it = Mihin päädyttiin (ei pakollinen)
agenda-others-brought = { $count ->
    [one] Lisäksi on tuotu yksi tiketti.
   *[other] Lisäksi on tuotu { $count } tikettiä.
}
agenda-decided-last = Viimeksi päätetty: onko se tehty?
agenda-nothing-decided-last = Viime kerralta ei ole mitään kesken.
agenda-decided-since = Päätetty vuoron vaihduttua { $at }
agenda-nothing-decided = Sen jälkeen ei ole päätetty mitään.
agenda-about = koskee tikettiä { $ticket }
agenda-about-ticket = Koskee tuotua tikettiä (ei pakollinen)
agenda-no-ticket = ei mitään

# The organisation's agenda: what nobody answers for.
agenda-unanswered-for = Mistä kukaan ei vastaa
agenda-all-answered-for = Tällä hetkellä ei mitään.
agenda-longest-wait = pisimpään odottanut { $wait }
agenda-not-agreed = { $team } ei ole sopinut tasosta
agenda-not-agreed-waits = { $count ->
    [one] yksi tiketti odottaa, { $wait }
   *[other] { $count } tikettiä odottaa, pisin { $wait }
}
agenda-turn-vacant = { $team }: tarkistusvuoro ei ole kenelläkään
agenda-turn-ends = kaikki jäsenet ovat poissa; vuoro vaihtuu { $at }
agenda-without-level = Tiimit, jotka eivät ole sopineet tasosta
agenda-without-turns = Tiimit, joilla ei ole tarkistusvuoroja
agenda-undeclared = Tapahtumissa on tiimi { $team }, jolla ei ole sopimusta
agenda-undeclared-similar = tarkoitettiinko { $similar }?
agenda-undeclared-advice = tehkää sopimus tai korjatkaa nimi siellä, missä tapahtumat syntyvät
agenda-undeclared-others = Tapahtumissa on muitakin tiimejä, joilla ei ole sopimusta
agenda-level-of = { $team }: sovitut tasot
agenda-objective-of = { $team }: { $objective }

# What became of concerns and decisions.
agenda-raise-again = Avaa uudelleen
agenda-why-again = Miksi se on taas avoinna?
agenda-raised-again = avattu uudelleen: { $by }, { $at }
agenda-why = Miksi (ei pakollinen)
agenda-move = Toinen päivä
agenda-new-day = Uusi päivä
agenda-moved = siirretty: { $from } → { $to }
agenda-moved-first = määräpäiväksi annettu { $to }
agenda-moved-by = ({ $by }, { $at })
agenda-drop = Luovu siitä
agenda-dropped = siitä luovuttiin ({ $by }, { $at })
bring-heading = Keskusteltavaksi
bring-why = Mistä pitää keskustella?
bring-send = Vie keskusteluun: { $team }
bring-waits = Asialistalla: { $team }
check-judged-before = arvioitu ennen tätä vuoroa
check-judged-long = ei vielä arvioitu; arvioitu viimeksi { $at }, ennen tämän listan aikaa
differ-awaited = { $judged }/{ $asked } on arvioinut

# Why a form was not written.
refused-off = Tällä sivulla ei voi kirjata mitään. Vasteen ylläpitäjät voivat muuttaa asian.
refused-other-site = Lomaketta ei lähetetty tältä sivustolta. Avaa sivu uudelleen ja lähetä lomake siitä.
refused-no-person = Kirjautuminen ei kerro, kuka olet. Kerro asiasta Vasteen ylläpitäjille.
refused-missing = Kenttä ”{ $field }” on tyhjä.
refused-too-long = Kentässä ”{ $field }” on liian pitkä teksti. Lyhennä se noin 250 merkkiin.
refused-unreadable = Kentän ”{ $field }” arvoa ei voi käyttää. Korjaa se.
refused-other = Lomake ei enää vastaa sivua. Lataa sivu uudelleen.
refused-too-often = Minuutin aikana kirjattiin liian paljon. Odota minuutti.
refused-ticket = Tikettiä { $ticket } ei ole.
refused-ticket-similar = Tikettiä { $ticket } ei ole. Tarkoititko tikettiä { $similar }?
refused-ticket-later = Tikettiä ei vielä löydy, koska kaikkea ei ole luettu. Lähetä hetken kuluttua uudelleen.
refused-not-stored = Tallennus ei onnistunut. Lähetä hetken kuluttua uudelleen.
judge-categories = Arvosanat osa-alueittain

# Mitä tiimi lukee tasoistaan ja hälytyksistään.
changed = Sopimus muuttui { $at }: { $settings }.
changed-new = Tavoite on ollut voimassa vasta { $at } alkaen.
row-alert = Hälytys
alert-none = Ei hälytystä.
alert-firing = Hälytys { $at } alkaen: { $kind ->
    [missed] tavoite ei täyty.
    [at_risk] tavoite on vaarassa jäädä täyttymättä.
   *[behind_market] tiimi on muita jäljessä.
}
alert-pending = Ei vielä hälytystä. Hälytys tulee, kun { $kind ->
    [missed] tavoite on ollut täyttymättä
    [at_risk] tavoite on ollut vaarassa
   *[behind_market] tiimi on ollut muita jäljessä
} { $hold } { $at } alkaen.
reason-as-of = (tilanne { $at })
column-last-verdict = Viimeinen tunti
days-explained = ”Suurin osa päivästä” on useimpien tuntien tulos. Sen jälkeiset sarakkeet kertovat päivän viimeisen tunnin tilanteen.
tried-selected = Kopiointi ei onnistunut. Rivit on valittu: paina Ctrl+C, Macissa ⌘C.
search-tickets = Tiketit
search-more-tickets = Näkyvissä on { $count } ensimmäistä; kirjoita tunnuksesta enemmän.
